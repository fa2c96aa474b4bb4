/** What one ring brought, cut to what each reader asked for. */
import type { Batch } from "./log.js";
import type { Message } from "./message.js";
import type { Reader } from "./reader.js";

/** Readers with the same rooms, limit and first row share one frozen batch, and so its encoded form. */
export class Batches {
  /** The rows by room, in the order of their ids. */
  readonly byRoom: ReadonlyMap<string, readonly Message[]>;
  readonly #messages: readonly Message[];
  readonly #rowsOf = new Map<string, readonly Message[]>();
  readonly #made = new Map<string, Batch>();

  constructor(messages: readonly Message[]) {
    this.#messages = messages;
    this.byRoom = groupByRoom(messages);
  }

  /** Null when all rows are ones the reader has: its cursor may be ahead of what the tail had seen. */
  for({ rooms, after, limit }: Reader): Batch | null {
    // Not by a space: another program's room may be called "a b", and is not the rooms a and b.
    const set = rooms.join("\0");
    const rows = this.#rows(rooms, set);
    const first = rows.findIndex((message) => message.id > after);
    if (first === -1) return null;
    const key = `${set} ${first} ${limit}`;
    const made = this.#made.get(key);
    if (made) return made;
    const messages = Object.freeze(rows.slice(first, first + limit));
    const batch = Object.freeze({ messages, more: rows.length - first > limit });
    this.#made.set(key, batch);
    return batch;
  }

  #rows(rooms: readonly string[], set: string): readonly Message[] {
    const ofOne = rooms.length === 1 ? this.byRoom.get(set) : this.#rowsOf.get(set);
    if (ofOne) return ofOne;
    const rows = this.#messages.filter((message) => rooms.includes(message.room));
    this.#rowsOf.set(set, rows);
    return rows;
  }
}

function groupByRoom(messages: readonly Message[]): Map<string, Message[]> {
  const byRoom = new Map<string, Message[]>();
  for (const message of messages) {
    const rows = byRoom.get(message.room);
    if (rows) rows.push(message);
    else byRoom.set(message.room, [message]);
  }
  return byRoom;
}
