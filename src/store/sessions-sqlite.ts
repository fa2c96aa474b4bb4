/** Sessions at rest, in SQLite, under the hashes of their ids. */
import { SESSION_TOUCH_MS, type SessionRecord, type Sessions } from "../core/session.js";
import type { Connection, Statement } from "./connection.js";
import type { Reader } from "./reader.js";
import { hashOf } from "./session-hash.js";
import type { Writer } from "./writer.js";

interface SessionRow {
  readonly data: string;
  readonly expires_at: number;
}

export class SqliteSessions implements Sessions {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #now: () => number;
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #touch: Statement;
  readonly #destroy: Statement;
  readonly #hasExpired: Statement;
  readonly #prune: Statement;

  constructor(db: Connection, reader: Reader, writer: Writer, now: () => number) {
    this.#reader = reader;
    this.#writer = writer;
    this.#now = now;
    this.#read = db.prepare("SELECT data, expires_at FROM sessions WHERE id_hash = ? AND expires_at > ?");
    this.#write = db.prepare(
      "INSERT INTO sessions (id_hash, data, expires_at) VALUES (?, ?, ?) " +
        "ON CONFLICT DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at",
    );
    this.#touch = db.prepare("UPDATE sessions SET expires_at = ? WHERE id_hash = ? AND expires_at > ?");
    this.#destroy = db.prepare("DELETE FROM sessions WHERE id_hash = ?");
    this.#hasExpired = db.prepare("SELECT 1 FROM sessions WHERE expires_at <= ? LIMIT 1");
    this.#prune = db.prepare(
      "DELETE FROM sessions WHERE id_hash IN (SELECT id_hash FROM sessions WHERE expires_at <= ? LIMIT ?)",
    );
  }

  read(id: string): Promise<SessionRecord | null> {
    return this.#reader.readTogether(`session ${id}`, () => {
      const row = this.#read.get(hashOf(id), this.#now()) as SessionRow | undefined;
      return row === undefined ? null : { data: row.data, expiresAt: row.expires_at };
    });
  }

  async write(id: string, { data, expiresAt }: SessionRecord): Promise<void> {
    await this.#writer.write(() => this.#write.run(hashOf(id), data, expiresAt));
  }

  async touch(id: string, expiresAt: number): Promise<void> {
    const known = await this.read(id);
    if (known === null || Math.abs(expiresAt - known.expiresAt) <= SESSION_TOUCH_MS) return;
    // The condition again: a session that ended in between must not come back.
    await this.#writer.write(() => this.#touch.run(expiresAt, hashOf(id), this.#now()));
  }

  async destroy(id: string): Promise<void> {
    await this.#writer.write(() => this.#destroy.run(hashOf(id)));
  }

  async prune(limit: number): Promise<number> {
    // Mostly there is nothing to do, and then nobody should have to wait for the write lock.
    if (!(await this.#reader.read(() => this.#hasExpired.get(this.#now())))) return 0;
    return this.#writer.write(() => this.#prune.run(this.#now(), limit).changes);
  }
}
