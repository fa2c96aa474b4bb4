/** Reads of the message log: by id for everybody, by room and id for some rooms, forwards and backwards. */
import type { Batch, RoomSet } from "../core/log.js";
import type { Message } from "../core/message.js";
import { type Bound, type Connection, only } from "./connection.js";
import { COLUMNS, type MessageValues, messageOf } from "./message-row.js";

/** What a row weighs in an answer, roughly. `octet_length` reads the row's header only, however long the text. */
const WEIGHT = "id, octet_length(text) + ifnull(octet_length(data), 0) AS weight";

interface WeightRow {
  readonly weight: number;
}

/** Rooms in one statement: merging costs some 10 us per room, and preparing grows with them. */
const ROOMS_PER_QUERY = 32;

/** A cursor has at most 16 digits and JavaScript exact numbers only so far. A row beyond would have no cursor. */
const ID_MAX = Number.MAX_SAFE_INTEGER;

type Direction = "since" | "before";

export class MessageReads {
  readonly #db: Connection;
  readonly #bytesMax: number;

  /** `bytesMax`: of the text in one batch, about; one message alone may be longer. */
  constructor(db: Connection, bytesMax: number) {
    this.#db = db;
    this.#bytesMax = bytesMax;
  }

  since(rooms: RoomSet, after: number, limit: number): Batch {
    const batch =
      rooms === "all" ? this.#take(allSql, [after], limit) : this.#inRooms("since", rooms, after, limit);
    // Asked last: what another process removes between the two is then said, and not passed over.
    const upto = this.#prunedUpto(rooms);
    return upto > after ? { ...batch, gap: upto } : batch;
  }

  before(rooms: readonly string[], before: number, limit: number): Batch {
    const { messages, more } = this.#inRooms("before", rooms, before, limit);
    return { messages: messages.toReversed(), more };
  }

  /** The highest id of these rooms that has been removed to keep less; 0 where none was. */
  #prunedUpto(rooms: RoomSet): number {
    if (rooms === "all") return Number(only(this.#db.prepare("SELECT max(upto) FROM pruned").get()) ?? 0);
    const one = this.#db.prepare("SELECT upto FROM pruned WHERE room = ?");
    return rooms.reduce((highest, room) => Math.max(highest, Number(only(one.get(room)) ?? 0)), 0);
  }

  #inRooms(direction: Direction, rooms: readonly string[], id: number, limit: number): Batch {
    const names = [...new Set(rooms)];
    // Forwards a row that lands meanwhile comes after all others; backwards it would push the last one out unnoticed.
    const isOneQuery = direction === "since" && names.length <= ROOMS_PER_QUERY;
    if (isOneQuery) return this.#inFewRooms(direction, names, id, limit);
    return this.#atOneMoment(() => {
      const batches: Batch[] = [];
      for (let at = 0; at < names.length; at += ROOMS_PER_QUERY) {
        batches.push(this.#inFewRooms(direction, names.slice(at, at + ROOMS_PER_QUERY), id, limit));
      }
      return merge(direction, batches, limit, this.#bytesMax);
    });
  }

  /**
   * One statement per power of two, the places that are left over bound to NULL, which no room equals. The rooms' rows
   * come from the index in the order of their ids and are merged, so a long room costs no more than what is returned.
   */
  #inFewRooms(direction: Direction, rooms: readonly string[], id: number, limit: number): Batch {
    if (rooms.length === 0) return { messages: [], more: false };
    const places = 2 ** Math.ceil(Math.log2(rooms.length));
    const values: Bound[] = [];
    for (let at = 0; at < places; at++) values.push(rooms[at] ?? null, id);
    return this.#take((columns) => roomsSql(direction, places, columns), values, limit);
  }

  /**
   * First what the rows weigh, which SQLite knows without reading them, then those that fit: 500 of the longest rows
   * would not fit into memory.
   */
  #take(sql: (columns: string) => string, values: readonly Bound[], limit: number): Batch {
    const sum = this.#db.prepare(`SELECT count(*), sum(weight) FROM (${sql(WEIGHT)})`).raw();
    const [[found, weight] = [0, 0]] = sum.all(...values, limit + 1) as [number, number][];
    if (found === 0) return { messages: [], more: false };
    const fits = weight <= this.#bytesMax ? limit : this.#fitting(sql, values, limit);
    const count = Math.min(found, fits);
    if (count === 0) return { messages: [], more: true };
    const rows = this.#db.prepare(sql(COLUMNS)).raw();
    return {
      messages: (rows.all(...values, count) as MessageValues[]).map(messageOf),
      more: found > count,
    };
  }

  /** How many rows are not too much: always one, so that a reader gets past anything. */
  #fitting(sql: (columns: string) => string, values: readonly Bound[], limit: number): number {
    const rows = this.#db.prepare(sql(WEIGHT)).all(...values, limit) as WeightRow[];
    let weight = 0;
    const tooMany = rows.findIndex((row) => {
      weight += row.weight;
      return weight > this.#bytesMax;
    });
    return tooMany === -1 ? rows.length : Math.max(tooMany, Math.min(1, limit));
  }

  /** Without a transaction, a row that lands between two statements could be passed over by a cursor beyond it. */
  #atOneMoment<T>(job: () => T): T {
    this.#db.prepare("BEGIN").run();
    try {
      return job();
    } finally {
      this.#db.prepare("COMMIT").run();
    }
  }
}

function allSql(columns: string): string {
  return `SELECT ${columns} FROM messages WHERE id > ? AND id <= ${ID_MAX} ORDER BY id LIMIT ?`;
}

/** Exported for the test that looks at SQLite's plan for it. */
export function roomsSql(direction: Direction, places: number, columns = COLUMNS): string {
  const range = direction === "since" ? `id > ? AND id <= ${ID_MAX}` : `id < ? AND id <= ${ID_MAX}`;
  const one = `SELECT ${columns} FROM messages WHERE room = ? AND ${range}`;
  return `${Array(places).fill(one).join(" UNION ALL ")} ORDER BY id ${direction === "since" ? "ASC" : "DESC"} LIMIT ?`;
}

/**
 * Rows beyond the last one of a batch that was cut short may be missing here, so the merged batch ends there too.
 * Otherwise a cursor could pass over them.
 */
function merge(direction: Direction, batches: readonly Batch[], limit: number, bytesMax: number): Batch {
  const sign = direction === "since" ? 1 : -1;
  const ends = batches.flatMap(({ messages, more }) => (more ? [sign * (messages.at(-1)?.id ?? 0)] : []));
  const end = Math.min(...ends, Number.POSITIVE_INFINITY);
  const all = batches.flatMap(({ messages }) => messages).sort((a, b) => sign * (a.id - b.id));
  const messages: Message[] = [];
  let weight = 0;
  for (const message of all) {
    weight += Buffer.byteLength(message.text);
    const isBeyond = sign * message.id > end || messages.length >= limit;
    if (isBeyond || (messages.length > 0 && weight > bytesMax)) return { messages, more: true };
    messages.push(message);
  }
  return { messages, more: ends.length > 0 };
}
