/** Parkbench's own users, and the names they hold, in SQLite. */
import type { UserId } from "../core/message.js";
import { NAME_HELD_MS, NAME_TOUCH_MS, type Name, type User, type Users } from "../core/user.js";
import type { Connection, Statement } from "./connection.js";
import type { Reader } from "./reader.js";
import { nameTaken, notSignedIn } from "./refuse.js";
import type { Writer } from "./writer.js";

interface UserRow {
  readonly name: string;
  readonly folded: string;
  readonly seen_at: number;
}

export class SqliteUsers implements Users {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #now: () => number;
  readonly #holder: Statement;
  readonly #row: Statement;
  readonly #insert: Statement;
  readonly #rename: Statement;
  readonly #seen: Statement;

  constructor(db: Connection, reader: Reader, writer: Writer, now: () => number) {
    this.#reader = reader;
    this.#writer = writer;
    this.#now = now;
    this.#holder = db.prepare("SELECT 1 FROM users WHERE folded = ? AND seen_at > ? AND id IS NOT ? LIMIT 1");
    this.#row = db.prepare("SELECT name, folded, seen_at FROM users WHERE id = ?");
    this.#insert = db.prepare("INSERT INTO users (name, folded, seen_at) VALUES (?, ?, ?)");
    this.#rename = db.prepare("UPDATE users SET name = ?, folded = ?, seen_at = ? WHERE id = ?");
    this.#seen = db.prepare("UPDATE users SET seen_at = ? WHERE id = ?");
  }

  create({ shown, folded }: Name): Promise<User> {
    return this.#writer.write(() => {
      this.#refuseHeld(folded, null);
      const { lastInsertRowid } = this.#insert.run(shown, folded, this.#now());
      return { id: Number(lastInsertRowid), name: shown };
    });
  }

  rename(id: UserId, { shown, folded }: Name): Promise<User> {
    return this.#writer.write(() => {
      this.#find(id);
      this.#refuseHeld(folded, id);
      this.#rename.run(shown, folded, this.#now(), id);
      return { id, name: shown };
    });
  }

  isHeld(folded: string, exceptId: UserId | null = null): Promise<boolean> {
    return this.#reader.readTogether(`held ${folded} ${typeof exceptId} ${exceptId}`, () =>
      this.#isHeld(folded, exceptId),
    );
  }

  async touch(id: UserId): Promise<User> {
    const { name, seen_at } = await this.#reader.readTogether(`user ${typeof id} ${id}`, () =>
      this.#find(id),
    );
    if (seen_at > this.#now() - NAME_TOUCH_MS) return { id, name };
    return this.#writer.write(() => {
      const { name, folded } = this.#find(id);
      this.#refuseHeld(folded, id);
      this.#seen.run(this.#now(), id);
      return { id, name };
    });
  }

  async release(id: UserId): Promise<void> {
    await this.#writer.write(() => this.#seen.run(0, id));
  }

  #find(id: UserId): UserRow {
    // A host application's own users, or a session from before the database was restored.
    const row = typeof id === "number" ? (this.#row.get(id) as UserRow | undefined) : undefined;
    // Released: a request that was under way at the sign-out must not hold the name again.
    if (row === undefined || row.seen_at === 0) throw notSignedIn();
    return row;
  }

  #isHeld(folded: string, exceptId: UserId | null): boolean {
    // A host's user "7" is not ours with the number 7, to which SQLite would convert it.
    const except = typeof exceptId === "number" ? exceptId : null;
    return this.#holder.get(folded, this.#now() - NAME_HELD_MS, except) !== undefined;
  }

  #refuseHeld(folded: string, exceptId: UserId | null): void {
    if (this.#isHeld(folded, exceptId)) {
      throw nameTaken();
    }
  }
}
