/** Who waits in which room, and up to where each room is known to be quiet. */
import { Batches } from "./batches.js";
import type { Batch } from "./log.js";
import type { Message } from "./message.js";
import type { Reader } from "./reader.js";

export interface Waiter {
  readonly reader: Reader;
  /** `reading`: its own first read is under way. `parked`: nothing for it up to `seen`. `woken`: has its batch. */
  state: "reading" | "parked" | "woken" | "done";
  /** A batch with rows for it went by while it was reading: read again before parking. */
  rung: boolean;
  batch: Batch;
  cancelDeadline: () => void;
}

/** `quietAbove`: the room has no row with an id above it, up to what the tail has seen. */
interface Room {
  readonly waiters: Set<Waiter>;
  quietAbove: number;
}

const ROOMS_KEPT = 10_000;

export class ParkedRooms {
  readonly #rooms = new Map<string, Room>();

  enter(waiter: Waiter): void {
    for (const name of waiter.reader.rooms) {
      const room = this.#rooms.get(name);
      if (room) room.waiters.add(waiter);
      else this.#rooms.set(name, { waiters: new Set([waiter]), quietAbove: Number.POSITIVE_INFINITY });
    }
  }

  /** An empty room's state is kept while there are few: the next poll of the room then needs no read. */
  leave(waiter: Waiter): void {
    for (const name of waiter.reader.rooms) {
      const room = this.#rooms.get(name);
      room?.waiters.delete(waiter);
      if (room?.waiters.size === 0 && this.#rooms.size > ROOMS_KEPT) this.#rooms.delete(name);
    }
  }

  /** A reader at its rooms' newest known id parks without touching the database. */
  areQuietFor({ rooms, after }: Reader): boolean {
    return rooms.every((name) => (this.#rooms.get(name)?.quietAbove ?? Number.POSITIVE_INFINITY) <= after);
  }

  /** A reader's own read was empty, and nothing rang since: there is nothing for it up to what the tail has seen. */
  learnQuiet({ rooms, after }: Reader): void {
    for (const name of rooms) {
      const room = this.#rooms.get(name);
      if (room) room.quietAbove = Math.min(room.quietAbove, after);
    }
  }

  /** Gives the rows of one ring to whom they concern, each at most once; returns those who have a batch now. */
  deliver(messages: readonly Message[]): readonly Waiter[] {
    const batches = new Batches(messages);
    const woken: Waiter[] = [];
    for (const [name, rows] of batches.byRoom) {
      const room = this.#rooms.get(name);
      if (!room) continue;
      room.quietAbove = rows.at(-1)?.id ?? room.quietAbove;
      for (const waiter of room.waiters) {
        if (waiter.state === "reading") waiter.rung = true;
        if (waiter.state !== "parked") continue;
        const batch = batches.for(waiter.reader);
        if (!batch) continue;
        waiter.batch = batch;
        waiter.state = "woken";
        woken.push(waiter);
      }
    }
    return woken;
  }

  /** What was known holds only while the log is followed. */
  clear(): void {
    this.#rooms.clear();
  }
}
