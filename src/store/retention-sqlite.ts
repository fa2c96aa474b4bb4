/** Removes old messages from SQLite, a small batch in each transaction. */
import { randomUUID } from "node:crypto";
import type { Pruned, Retention } from "../core/retention.js";
import { type Connection, only, type Statement } from "./connection.js";
import { countOld, light, type PrunableRow, ROWS_MAX } from "./prunable.js";
import type { Reader } from "./reader.js";
import { senderOf } from "./sender.js";
import type { Writer } from "./writer.js";

const ROOMS_READ_ROWS = 1000;

const COLUMNS =
  "id, room, at, author_id, author_name, nonce, octet_length(text) + ifnull(octet_length(data), 0)";

type Named =
  | "claim"
  | "oldest"
  | "oldestInRoom"
  | "remove"
  | "removeInRoom"
  | "raise"
  | "firstRoom"
  | "nextRoom"
  | "rooms"
  | "back"
  | "isNonceOf"
  | "spend"
  | "spent"
  | "unspend"
  | "forget";

/** Exported for the test that looks at SQLite's plans for them. */
export const SQL: Readonly<Record<Named, string>> = {
  // One that ends later than any claim can was made by a clock that has been set back since.
  claim: "UPDATE pruner SET holder = ?, until = ? WHERE holder = ? OR until NOT BETWEEN ? AND ?",
  oldest: `SELECT ${COLUMNS} FROM messages WHERE id <= ? ORDER BY id LIMIT ${ROWS_MAX}`,
  oldestInRoom: `SELECT ${COLUMNS} FROM messages WHERE room = ? AND id <= ? ORDER BY id LIMIT ${ROWS_MAX}`,
  remove: "DELETE FROM messages WHERE id <= ?",
  removeInRoom: "DELETE FROM messages WHERE room = ? AND id <= ?",
  raise:
    "INSERT INTO pruned (room, upto) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET upto = max(upto, excluded.upto)",
  firstRoom: "SELECT min(room) FROM messages",
  nextRoom: "SELECT min(room) FROM messages WHERE room > ?",
  rooms: `SELECT id, room FROM messages WHERE id > ? AND id <= ? ORDER BY id LIMIT ${ROOMS_READ_ROWS}`,
  back: "SELECT id FROM messages WHERE room = ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?",
  isNonceOf: "SELECT 1 FROM nonces WHERE sender = ? AND nonce = ? AND message_id = ?",
  spend: "INSERT OR IGNORE INTO pruned_nonces (at, sender, nonce) VALUES (?, ?, ?)",
  spent: `SELECT at, sender, nonce FROM pruned_nonces WHERE at < ? ORDER BY at LIMIT ${ROWS_MAX}`,
  unspend: "DELETE FROM pruned_nonces WHERE at = ? AND sender = ? AND nonce = ?",
  forget: "DELETE FROM nonces WHERE sender = ? AND nonce = ?",
};

export class SqliteRetention implements Retention {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #now: () => number;
  readonly #statements: Readonly<Record<Named, Statement>>;
  /** Two stores of one process are two. */
  readonly #me = randomUUID();

  constructor(db: Connection, reader: Reader, writer: Writer, now: () => number) {
    this.#reader = reader;
    this.#writer = writer;
    this.#now = now;
    const entries = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
    this.#statements = Object.fromEntries(entries) as Record<Named, Statement>;
  }

  claim(forMs: number): Promise<boolean> {
    return this.#writer.write(() => {
      const now = this.#now();
      const until = now + forMs;
      return this.#statements.claim.run(this.#me, until, this.#me, now + 1, until).changes > 0;
    });
  }

  pruneOld(ageMs: number, upto: number): Promise<Pruned> {
    const { oldest, remove } = this.#statements;
    return this.#writer.write(() => {
      const now = this.#now();
      const rows = oldest.raw().all(upto) as PrunableRow[];
      const old = rows.slice(0, countOld(rows, now - ageMs, now));
      const gone = light(old);
      const last = gone.at(-1);
      if (last) remove.run(last[0]);
      this.#writeDown(gone, now);
      return { rows: gone.length, more: gone.length < old.length || gone.length === ROWS_MAX };
    });
  }

  pruneRoom(room: string, upto: number): Promise<Pruned> {
    const { oldestInRoom, removeInRoom } = this.#statements;
    return this.#writer.write(() => {
      const rows = oldestInRoom.raw().all(room, upto) as PrunableRow[];
      const gone = light(rows);
      const last = gone.at(-1);
      if (last) removeInRoom.run(room, last[0]);
      this.#writeDown(gone, this.#now());
      return { rows: gone.length, more: gone.length < rows.length || gone.length === ROWS_MAX };
    });
  }

  roomAfter(room: string | null): Promise<string | null> {
    const { firstRoom, nextRoom } = this.#statements;
    return this.#reader.read(
      () => only(room === null ? firstRoom.get() : nextRoom.get(room)) as string | null,
    );
  }

  roomsSince(after: number, upto: number): Promise<{ rooms: readonly string[]; last: number | null }> {
    return this.#reader.read(() => {
      const rows = this.#statements.rooms.all(after, upto) as {
        readonly id: number;
        readonly room: string;
      }[];
      return { rooms: [...new Set(rows.map(({ room }) => room))], last: rows.at(-1)?.id ?? null };
    });
  }

  back(room: string, before: number, count: number): Promise<number | null> {
    return this.#reader.read(() => {
      const id = only(this.#statements.back.get(room, before, count - 1));
      return id === undefined ? null : Number(id);
    });
  }

  forgetNonces(ageMs: number): Promise<Pruned> {
    const { spent, unspend, forget } = this.#statements;
    return this.#writer.write(() => {
      const rows = spent.raw().all(this.#now() - ageMs) as [at: number, sender: string, nonce: string][];
      for (const [at, sender, nonce] of rows) {
        forget.run(sender, nonce);
        unspend.run(at, sender, nonce);
      }
      return { rows: rows.length, more: rows.length === ROWS_MAX };
    });
  }

  /** In the transaction that removes the rows: whoever reads after it finds them gone, and knows that they were there. */
  #writeDown(gone: readonly PrunableRow[], now: number): void {
    const { raise, isNonceOf, spend } = this.#statements;
    const lasts = new Map(gone.map(([id, room]) => [room, id]));
    for (const [room, upto] of lasts) raise.run(room, upto);
    for (const [id, , , authorId, name, nonce] of gone) {
      if (nonce === null) continue;
      const sender = senderOf({ id: authorId, name });
      // Another program's row may bear anybody's nonce.
      if (isNonceOf.get(sender, nonce, id) !== undefined) spend.run(now, sender, nonce);
    }
  }
}
