/** The newest rows of the rooms that are read, in memory: who was away for a moment is answered without the database. */
import { type Batch, EMPTY } from "./log.js";
import type { Message } from "./message.js";

/** As many as an answer holds by default, and some. */
const ROWS_MAX = 128;
const ROOM_BYTES_MAX = 256 * 1024;
const BYTES_MAX = 16 * 1024 * 1024;
const EMPTY_ROOM_BYTES = 1000;
/** Batches kept per room: those who were cut off together come back with one cursor, and share one encoded answer. */
const BATCHES_MAX = 8;
/** A program that changes rows behind the log's back, which no row tells of, is heard by then. */
const LIFE_MS = 30_000;

interface Room {
  /** All rows of the room with an id above this, up to what the tail has seen, are in `rows`. */
  from: number;
  rows: Message[];
  bytes: number;
  readonly batches: Map<string, Batch>;
  readonly untilMs: number;
}

/** Right only while the log is followed: every row that the tail reads must come by `add` before anybody is woken. */
export class RecentRows {
  /** The room that was asked for longest ago is first. */
  readonly #rooms = new Map<string, Room>();
  #bytes = 0;

  /** Null where memory does not reach back to `after`. Asked alike, the batch is the same until a row lands. */
  since(name: string, after: number, limit: number): Batch | null {
    const room = this.#rooms.get(name);
    if (!room || after < room.from) return null;
    if (room.untilMs <= performance.now()) {
      this.#drop(name);
      return null;
    }
    this.#touch(name, room);
    const first = firstAfter(room.rows, after);
    if (first === room.rows.length) return EMPTY;
    const key = `${first} ${limit}`;
    const made = room.batches.get(key);
    if (made) return made;
    const messages = Object.freeze(room.rows.slice(first, first + limit));
    const batch = Object.freeze({ messages, more: room.rows.length - first > limit });
    if (room.batches.size >= BATCHES_MAX) room.batches.clear();
    room.batches.set(key, batch);
    return batch;
  }

  /** What a read of the room alone has brought, unless it was cut short. Nothing may have landed there since. */
  learn(name: string, after: number, { messages, more }: Batch): void {
    if (more) return;
    this.#drop(name);
    const untilMs = performance.now() + LIFE_MS;
    const room: Room = { from: after, rows: [], bytes: 0, batches: new Map(), untilMs };
    this.#rooms.set(name, room);
    this.#weigh(room, EMPTY_ROOM_BYTES);
    this.#append(name, room, messages);
  }

  /** Rows that landed, of one room, in the order of their ids. */
  add(name: string, messages: readonly Message[]): void {
    // A removed message must be gone from here before anybody hears that it is; another program may name one of another room.
    if (messages.some(({ kind }) => kind === "delete")) this.clear();
    const room = this.#rooms.get(name);
    if (room) this.#append(name, room, messages);
  }

  clear(): void {
    this.#rooms.clear();
    this.#bytes = 0;
  }

  #append(name: string, room: Room, messages: readonly Message[]): void {
    const last = room.rows.at(-1)?.id ?? room.from;
    for (const message of messages) {
      // A read may have found rows that the tail had not come to yet.
      if (message.id <= last) continue;
      room.rows.push(message);
      this.#weigh(room, weightOf(message));
    }
    room.batches.clear();
    let cut = 0;
    for (const message of room.rows) {
      if (room.rows.length - cut <= ROWS_MAX && room.bytes <= ROOM_BYTES_MAX) break;
      cut += 1;
      room.from = message.id;
      this.#weigh(room, -weightOf(message));
    }
    if (cut > 0) room.rows = room.rows.slice(cut);
    this.#touch(name, room);
  }

  #touch(name: string, room: Room): void {
    this.#rooms.delete(name);
    this.#rooms.set(name, room);
    for (const oldest of this.#rooms.keys()) {
      if (this.#bytes <= BYTES_MAX) return;
      this.#drop(oldest);
    }
  }

  #weigh(room: Room, bytes: number): void {
    room.bytes += bytes;
    this.#bytes += bytes;
  }

  #drop(name: string): void {
    this.#bytes -= this.#rooms.get(name)?.bytes ?? 0;
    this.#rooms.delete(name);
  }
}

function firstAfter(rows: readonly Message[], after: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.id ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Roughly what a row takes in memory, twice its text: it is kept encoded, too. */
function weightOf({ text, data }: Message): number {
  return 500 + 4 * text.length + (data === null ? 0 : 32 * 1024);
}
