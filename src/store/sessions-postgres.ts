/** Sessions at rest, in PostgreSQL, under the hashes of their ids. */
import { SESSION_TOUCH_MS, type SessionRecord, type Sessions } from "../core/session.js";
import type { Pooled } from "./pooled.js";
import { hashOf } from "./session-hash.js";

export class PostgresSessions implements Sessions {
  readonly #db: Pooled;
  readonly #now: () => number;

  constructor(db: Pooled, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async read(id: string): Promise<SessionRecord | null> {
    const [row] = await this.#db.read<[data: string, expiresAt: number]>(
      "SELECT data, expires_at FROM sessions WHERE id_hash = $1 AND expires_at > $2",
      [hashOf(id), this.#now()],
    );
    return row ? { data: row[0], expiresAt: row[1] } : null;
  }

  async write(id: string, { data, expiresAt }: SessionRecord): Promise<void> {
    this.#db.mustBeOpen();
    await this.#db.run(
      `INSERT INTO sessions (id_hash, data, expires_at) VALUES ($1, $2, $3)
       ON CONFLICT (id_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
      [hashOf(id), data, expiresAt],
    );
  }

  async touch(id: string, expiresAt: number): Promise<void> {
    const known = await this.read(id);
    if (known === null || Math.abs(expiresAt - known.expiresAt) <= SESSION_TOUCH_MS) return;
    // The condition again: a session that ended in between must not come back.
    await this.#db.run("UPDATE sessions SET expires_at = $1 WHERE id_hash = $2 AND expires_at > $3", [
      expiresAt,
      hashOf(id),
      this.#now(),
    ]);
  }

  async destroy(id: string): Promise<void> {
    this.#db.mustBeOpen();
    await this.#db.run("DELETE FROM sessions WHERE id_hash = $1", [hashOf(id)]);
  }

  async prune(limit: number): Promise<number> {
    this.#db.mustBeOpen();
    const removed = await this.#db.run(
      `DELETE FROM sessions WHERE id_hash IN (
         SELECT id_hash FROM sessions WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING 1`,
      [this.#now(), limit],
    );
    return removed.length;
  }
}
