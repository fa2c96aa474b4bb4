/** Removes old messages from PostgreSQL, a small batch in each transaction. */
import { randomUUID } from "node:crypto";
import type { Pruned, Retention } from "../core/retention.js";
import { between, ID_MIN } from "./message-reads-postgres.js";
import { idOf } from "./message-row-postgres.js";
import type { Pooled } from "./pooled.js";
import { countOld, light, type PrunableRow, ROWS_MAX } from "./prunable.js";
import { senderOf } from "./sender.js";

const ROOMS_READ_ROWS = 1000;

const COLUMNS = `id, room, floor(extract(epoch FROM at) * 1000)::float8, author_id, author_name, nonce,
  octet_length(text) + coalesce(octet_length(data), 0), parkbench_now()`;

type OldestRow = readonly [...PrunableRow, databaseNow: number];

/** Exported for the test that looks at PostgreSQL's plans for them. */
export const SQL = {
  // By the database's clock, as those of several machines differ. One that ends later than any claim can was made before
  // that was set back.
  claim: `UPDATE pruner SET holder = $1, until = parkbench_now() + $2
    WHERE holder = $1 OR until NOT BETWEEN parkbench_now() + 1 AND parkbench_now() + $2 RETURNING 1`,
  oldest: `SELECT ${COLUMNS} FROM messages WHERE id > $2 AND id <= $1 ORDER BY id LIMIT ${ROWS_MAX}`,
  // From where the last batch ended: what is removed stays in the index until it is vacuumed.
  oldestInRoom: `SELECT ${COLUMNS} FROM messages
    WHERE ${between(unseen("$2"), "coalesce((SELECT upto FROM pruned WHERE room = $2), 0)", "$1")}
    ORDER BY room, id LIMIT ${ROWS_MAX}`,
  remove: `WITH given AS (
    SELECT * FROM unnest($1::bigint[], $2::text[]) AS given (id, sender)
  ), locked AS (
    SELECT id FROM messages WHERE id = ANY($1) FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM messages USING given WHERE messages.id = given.id
      AND messages.id < coalesce((SELECT min(id) FROM given WHERE id NOT IN (SELECT id FROM locked)), 9223372036854775807)
    RETURNING messages.id, room, sender, nonce
  ), raised AS (
    INSERT INTO pruned (room, upto) SELECT room, max(id) FROM gone GROUP BY room ORDER BY room
    ON CONFLICT (room) DO UPDATE SET upto = greatest(pruned.upto, excluded.upto)
  ), spent AS (
    -- Another program's row may bear anybody's nonce.
    INSERT INTO pruned_nonces (at, sender, nonce) SELECT $3::bigint, sender, nonce FROM gone JOIN nonces USING (sender, nonce)
    WHERE message_id = gone.id ON CONFLICT DO NOTHING
  ) SELECT count(*) FROM gone`,
  firstRoom: "SELECT min(room) FROM messages",
  nextRoom: "SELECT min(room) FROM messages WHERE room > $1",
  rooms: `SELECT id, room FROM messages WHERE id > $1 AND id <= $2 ORDER BY id LIMIT ${ROOMS_READ_ROWS}`,
  back: `SELECT id FROM messages WHERE ${between(unseen("$1"), ID_MIN, "$2::bigint - 1")} ORDER BY room DESC, id DESC LIMIT 1 OFFSET $3`,
  forget: `WITH old AS (
    SELECT at, sender, nonce FROM pruned_nonces WHERE at < least($1, parkbench_now()) - $2
    ORDER BY at LIMIT ${ROWS_MAX} FOR UPDATE SKIP LOCKED
  ), forgotten AS (
    DELETE FROM nonces USING old WHERE (nonces.sender, nonces.nonce) = (old.sender, old.nonce)
  ), unspent AS (
    DELETE FROM pruned_nonces AS own USING old WHERE (own.at, own.sender, own.nonce) = (old.at, old.sender, old.nonce)
  ) SELECT count(*) FROM old`,
} as const;

/** Seen, a room of which the statistics do not know how much it has grown is read and sorted whole. */
function unseen(room: string): string {
  return `(SELECT ${room}::text)`;
}

/**
 * Takes neither the lock of appends nor any row that somebody else holds: sends wait for nothing here but the disk. A
 * batch is chosen by one statement and removed by another, which takes what is still there, and no more than is free
 * without a break from the first on, as nothing may go from the middle.
 */
export class PostgresRetention implements Retention {
  readonly #db: Pooled;
  readonly #now: () => number;
  /** Two stores of one process are two. */
  readonly #me = randomUUID();
  /** No room has a message up to this id any more. */
  #goneUpto = 0;

  constructor(db: Pooled, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async claim(forMs: number): Promise<boolean> {
    this.#db.mustBeOpen();
    return (await this.#db.run(SQL.claim, [this.#me, forMs])).length > 0;
  }

  async pruneOld(ageMs: number, upto: number): Promise<Pruned> {
    const { rows, databaseNow } = await this.#oldest(SQL.oldest, [upto, this.#goneUpto]);
    // Old by both clocks: one machine of several whose clock is years ahead must not remove everything.
    const now = Math.min(this.#now(), databaseNow);
    const old = rows.slice(0, countOld(rows, now - ageMs, now));
    const pruned = await this.#remove(old);
    if (!pruned.isHeldUp) this.#goneUpto = old[pruned.rows - 1]?.[0] ?? this.#goneUpto;
    return { rows: pruned.rows, more: pruned.more };
  }

  async pruneRoom(room: string, upto: number): Promise<Pruned> {
    const { rows, more } = await this.#remove((await this.#oldest(SQL.oldestInRoom, [upto, room])).rows);
    return { rows, more };
  }

  async roomAfter(room: string | null): Promise<string | null> {
    const [row] =
      room === null
        ? await this.#db.read<[string | null]>(SQL.firstRoom, [])
        : await this.#db.read<[string | null]>(SQL.nextRoom, [room]);
    return row?.[0] ?? null;
  }

  async roomsSince(after: number, upto: number): Promise<{ rooms: readonly string[]; last: number | null }> {
    const rows = await this.#db.read<[id: number, room: string]>(SQL.rooms, [after, upto]);
    return { rooms: [...new Set(rows.map(([, room]) => room))], last: rows.at(-1)?.[0] ?? null };
  }

  async back(room: string, before: number, count: number): Promise<number | null> {
    const [row] = await this.#db.read<[id: number]>(SQL.back, [room, before, count - 1]);
    return row?.[0] ?? null;
  }

  async forgetNonces(ageMs: number): Promise<Pruned> {
    this.#db.mustBeOpen();
    const [row] = await this.#db.run<[count: number]>(SQL.forget, [this.#now(), ageMs]);
    const rows = row?.[0] ?? 0;
    return { rows, more: rows === ROWS_MAX };
  }

  async #oldest(
    sql: string,
    values: readonly unknown[],
  ): Promise<{ rows: readonly PrunableRow[]; databaseNow: number }> {
    const found = await this.#db.read<OldestRow>(sql, values);
    const rows = found.map(([id, room, at, authorId, name, nonce, bytes]): PrunableRow => {
      return [id, room, at, idOf(authorId), name, nonce, bytes];
    });
    return { rows, databaseNow: Number(found[0]?.at(-1)) };
  }

  /** The first of these, as many as are not too much. `isHeldUp`: somebody else has one of them. */
  async #remove(rows: readonly PrunableRow[]): Promise<Pruned & { readonly isHeldUp: boolean }> {
    const given = light(rows);
    if (given.length === 0) return { rows: 0, more: false, isHeldUp: false };
    const senders = given.map(([, , , id, name]) => senderOf({ id, name }));
    const [gone] = await this.#db.run<[count: number]>(SQL.remove, [
      given.map(([id]) => id),
      senders,
      this.#now(),
    ]);
    const isHeldUp = gone?.[0] !== given.length;
    const more = !isHeldUp && (given.length < rows.length || given.length === ROWS_MAX);
    return { rows: gone?.[0] ?? 0, more, isHeldUp };
  }
}
