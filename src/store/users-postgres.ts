/** Parkbench's own users, and the names they hold, in PostgreSQL. */
import type { UserId } from "../core/message.js";
import { NAME_HELD_MS, NAME_TOUCH_MS, type Name, type User, type Users } from "../core/user.js";
import type { Pooled } from "./pooled.js";
import { nameTaken, notSignedIn } from "./refuse.js";

type UserRow = readonly [name: string, folded: string, seenAt: number];
type Run = Pooled["run"];

const FIND = "SELECT name, folded, seen_at FROM users WHERE id = $1";
const HOLDER = "SELECT 1 FROM users WHERE folded = $1 AND seen_at > $2 AND id IS DISTINCT FROM $3 LIMIT 1";
/** One after the other for each name: two who ask at once must not both find it free. */
const LOCK = "SELECT pg_advisory_xact_lock(7275627, hashtext($1))";

export class PostgresUsers implements Users {
  readonly #db: Pooled;
  readonly #now: () => number;

  constructor(db: Pooled, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  create({ shown, folded }: Name): Promise<User> {
    return this.#db.transaction(async (run) => {
      await this.#take(run, folded, null);
      const [row] = await run<[id: number]>(
        "INSERT INTO users (name, folded, seen_at) VALUES ($1, $2, $3) RETURNING id",
        [shown, folded, this.#now()],
      );
      return { id: Number(row?.[0]), name: shown };
    });
  }

  rename(id: UserId, { shown, folded }: Name): Promise<User> {
    return this.#db.transaction(async (run) => {
      await this.#find(run, id, "FOR UPDATE");
      await this.#take(run, folded, id);
      await run("UPDATE users SET name = $1, folded = $2, seen_at = $3 WHERE id = $4", [
        shown,
        folded,
        this.#now(),
        id,
      ]);
      return { id, name: shown };
    });
  }

  isHeld(folded: string, exceptId: UserId | null = null): Promise<boolean> {
    return this.#isHeld((sql, values) => this.#db.read(sql, values), folded, exceptId);
  }

  async touch(id: UserId): Promise<User> {
    const [name, , seenAt] = await this.#find((sql, values) => this.#db.read(sql, values), id);
    if (seenAt > this.#now() - NAME_TOUCH_MS) return { id, name };
    return this.#db.transaction(async (run) => {
      const [name, folded] = await this.#find(run, id, "FOR UPDATE");
      await this.#take(run, folded, id);
      await run("UPDATE users SET seen_at = $1 WHERE id = $2", [this.#now(), id]);
      return { id, name };
    });
  }

  async release(id: UserId): Promise<void> {
    this.#db.mustBeOpen();
    if (isOwn(id)) await this.#db.run("UPDATE users SET seen_at = 0 WHERE id = $1", [id]);
  }

  async #find(run: Run, id: UserId, lock = ""): Promise<UserRow> {
    // A host application's own users, or a session from before the database was restored.
    const [row] = isOwn(id) ? await run<UserRow>(`${FIND} ${lock}`, [id]) : [];
    // Released: a request that was under way at the sign-out must not hold the name again.
    if (!row || row[2] === 0) throw notSignedIn();
    return row;
  }

  async #take(run: Run, folded: string, exceptId: UserId | null): Promise<void> {
    await run(LOCK, [folded]);
    if (await this.#isHeld(run, folded, exceptId)) throw nameTaken();
  }

  async #isHeld(run: Run, folded: string, exceptId: UserId | null): Promise<boolean> {
    // A host's user "7" is not ours with the number 7.
    const except = isOwn(exceptId) ? exceptId : null;
    return (await run(HOLDER, [folded, this.#now() - NAME_HELD_MS, except])).length > 0;
  }
}

/** What can be the id of a row here. */
function isOwn(id: UserId | null): id is number {
  return Number.isSafeInteger(id);
}
