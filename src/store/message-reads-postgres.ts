/** Reads of the message log in PostgreSQL: by id for everybody, by room and id for some rooms, forwards and backwards. */
import type { Batch, RoomSet } from "../core/log.js";
import { COLUMNS, type PostgresValues, postgresMessageOf } from "./message-row-postgres.js";
import type { Pooled } from "./pooled.js";
import { ReadLine } from "./read-line.js";

export const ID_MIN = "-9223372036854775808";
const ID_MAX = "9223372036854775807";

type Direction = "ASC" | "DESC";

/** A row, how many were found in all, and up to where some were removed. All but the last are null where none was found. */
type Found = readonly [...PostgresValues, found: number | null, gap: number | null];

export class PostgresMessageReads {
  readonly #db: Pooled;
  readonly #bytesMax: number;
  readonly #line = new ReadLine();

  /** `bytesMax`: of the text in one batch, about; one message alone may be longer. */
  constructor(db: Pooled, bytesMax: number) {
    this.#db = db;
    this.#bytesMax = bytesMax;
  }

  async since(rooms: RoomSet, after: number, limit: number): Promise<Batch> {
    // The tail's own is for everybody who waits, and nobody is to hold that up.
    const [batch, upto] =
      rooms === "all"
        ? await this.#read(SINCE_ALL, [after], limit)
        : await this.#readInLine("ASC", [after, rooms], limit);
    return upto > after ? { ...batch, gap: upto } : batch;
  }

  async before(rooms: readonly string[], before: number, limit: number): Promise<Batch> {
    const [{ messages, more }] = await this.#readInLine("DESC", [before, rooms], limit);
    return { messages: messages.toReversed(), more };
  }

  #readInLine(
    order: Direction,
    asked: readonly unknown[],
    limit: number,
  ): Promise<[batch: Batch, upto: number]> {
    const sql = order === "ASC" ? SINCE : BEFORE;
    return this.#line.read(JSON.stringify([order, asked, limit]), () => this.#read(sql, asked, limit));
  }

  async #read(
    sql: string,
    [id, ...rooms]: readonly unknown[],
    limit: number,
  ): Promise<[batch: Batch, upto: number]> {
    // At least one row is looked for, as it says whether there are more.
    const values = [id, limit + 1, Math.max(limit, 1), this.#bytesMax, ...rooms];
    const rows = await this.#db.read<Found>(sql, values);
    const [first] = rows;
    const [found, upto] = [Number(first?.at(-2) ?? 0), Number(first?.at(-1) ?? 0)];
    const messages = rows
      .slice(0, Math.min(limit, found))
      .map((row) => postgresMessageOf(row as unknown as PostgresValues));
    return [{ messages, more: found > messages.length }, upto];
  }
}

/** Exported, as the others, for the test that looks at PostgreSQL's plans for them. */
export const SINCE_ALL = withGap(
  cut("SELECT * FROM messages WHERE id > $1 ORDER BY id LIMIT $2", "ASC"),
  "SELECT max(upto) AS gap FROM pruned",
);

export const SINCE = withGap(
  cut(inRooms("ASC"), "ASC"),
  "SELECT max(upto) AS gap FROM pruned WHERE room = ANY($5)",
);

export const BEFORE = `SELECT *, NULL FROM (${cut(inRooms("DESC"), "DESC")}) AS read ORDER BY id DESC`;

/**
 * The rows and the gap are of one statement, so of one snapshot: what `Retention` removes is gone from the rows in the
 * same moment in which the gap tells of it. With the gap read first, a removal in between would be missed in silence.
 */
function withGap(rows: string, gap: string): string {
  return `SELECT read.*, removed.gap FROM (${gap}) AS removed LEFT JOIN (${rows}) AS read ON true ORDER BY id`;
}

/**
 * The rows of a query, cut where they weigh too much; always one, so that a reader gets past anything. `octet_length`
 * takes a long text's size from its header, and only texts that are in the answer are read.
 */
function cut(rows: string, order: Direction): string {
  return `SELECT ${COLUMNS}, found FROM (
    SELECT *, count(*) OVER () AS found, row_number() OVER by_id AS place,
      sum(octet_length(text) + coalesce(octet_length(data), 0)) OVER by_id AS weight
    FROM (${rows}) AS rows WINDOW by_id AS (ORDER BY id ${order})
  ) AS weighed WHERE place <= $3 AND (place = 1 OR weight <= $4::bigint)`;
}

/** Each room's rows come from its part of the index, so a long room costs no more than what is returned. */
function inRooms(order: Direction): string {
  const asked =
    order === "ASC" ? between("asked.room", "$1", ID_MAX) : between("asked.room", ID_MIN, "$1::bigint - 1");
  const one = `SELECT * FROM messages WHERE ${asked} ORDER BY room ${order}, id ${order} LIMIT $2`;
  return `SELECT one.* FROM (SELECT DISTINCT unnest($5::text[]) AS room) AS asked CROSS JOIN LATERAL (${one}) AS one ORDER BY id ${order} LIMIT $2`;
}

/**
 * The rows of a room above one id and up to another, in words that the index by room and id alone can answer. With
 * `room = …` PostgreSQL may go through all ids instead and leave out the other rooms' rows, which takes seconds where the
 * room has been quiet for long: it guesses how many rows a room has, and not where they lie.
 */
export function between(room: string, above: string, upto: string): string {
  return `(room, id) > (${room}, ${above}) AND (room, id) <= (${room}, ${upto})`;
}
