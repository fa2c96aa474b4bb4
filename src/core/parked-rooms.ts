/** Who waits in which room, and up to where each room is known to be quiet. */
import { Batches } from "./batches.js";
import { Crowd, CrowdPlace } from "./crowd.js";
import { type Batch, EMPTY } from "./log.js";
import type { Message } from "./message.js";
import type { Reader } from "./reader.js";
import { RecentRows } from "./recent-rows.js";
import type { Seat } from "./seat.js";

/** `quietAbove`: the room has no row with an id above it, up to what the tail has seen. */
interface Room {
  readonly crowd: Crowd<Seat>;
  quietAbove: number;
}

const ROOMS_KEPT = 10_000;

export class ParkedRooms {
  readonly #rooms = new Map<string, Room>();
  readonly #recent = new RecentRows();
  /** Who waits for the end of its time only. */
  readonly #roomless = new Crowd<Seat>();

  /** Everybody who has not been answered; who waits in several rooms is there several times. */
  seats(): readonly Seat[] {
    const crowds = [this.#roomless, ...[...this.#rooms.values()].map(({ crowd }) => crowd)];
    return crowds.flatMap((crowd) => crowd.places().map(({ member }) => member));
  }

  enter(seat: Seat): void {
    const { rooms } = seat.reader;
    const [first] = rooms;
    if (first === undefined) seat.places = this.#roomless.enter(seat);
    else if (rooms.length === 1) seat.places = this.#enter(seat, first);
    else seat.places = rooms.map((name) => this.#enter(seat, name));
  }

  leave({ places }: Seat): void {
    if (places instanceof CrowdPlace) places.leave();
    else for (const place of places) place.leave();
  }

  #enter(seat: Seat, name: string): CrowdPlace<Seat> {
    return (this.#rooms.get(name) ?? this.#open(name)).crowd.enter(seat);
  }

  /** An empty room's state is kept while there are few: the next poll of the room then needs no read. */
  #open(name: string): Room {
    const crowd = new Crowd<Seat>(() => {
      if (this.#rooms.size > ROOMS_KEPT && this.#rooms.get(name) === room) this.#rooms.delete(name);
    });
    const room = { crowd, quietAbove: Number.POSITIVE_INFINITY };
    this.#rooms.set(name, room);
    return room;
  }

  /** A reader at its rooms' newest known id parks without touching the database. */
  areQuietFor({ rooms, after }: Pick<Reader, "rooms" | "after">): boolean {
    return rooms.every((name) => (this.#rooms.get(name)?.quietAbove ?? Number.POSITIVE_INFINITY) <= after);
  }

  /** What needs no read: EMPTY where the rooms are quiet, the rows of a single one; null when memory holds less than there is. */
  recentFor({ rooms, after, limit }: Pick<Reader, "rooms" | "after" | "limit">): Batch | null {
    if (this.areQuietFor({ rooms, after })) return EMPTY;
    const [name] = rooms;
    if (name === undefined || rooms.length > 1) return null;
    const batch = this.#recent.since(name, after, limit);
    return batch && batch.messages.length > 0 ? batch : null;
  }

  /** What a reader's own read has brought, when nothing rang since: nothing else is there up to what the tail has seen. */
  learn({ rooms, after }: Reader, batch: Batch): void {
    // Whoever comes with the same cursor must read, and be told.
    if (batch.gap !== undefined) return;
    const [only] = rooms;
    if (only !== undefined && rooms.length === 1) this.#recent.learn(only, after, batch);
    if (batch.messages.length > 0) return;
    for (const name of rooms) {
      const room = this.#rooms.get(name);
      if (room) room.quietAbove = Math.min(room.quietAbove, after);
    }
  }

  /** Gives the rows of one ring to whom they concern, each at most once; returns those who have a batch now. */
  deliver(messages: readonly Message[]): readonly Seat[] {
    const batches = new Batches(messages);
    const woken: Seat[] = [];
    for (const [name, rows] of batches.byRoom) {
      this.#recent.add(name, rows);
      const room = this.#rooms.get(name);
      if (!room) continue;
      room.quietAbove = rows.at(-1)?.id ?? room.quietAbove;
      for (const { member: seat } of room.crowd.places()) {
        if (seat.state === "reading") seat.rung = true;
        if (seat.state !== "parked") continue;
        const batch = batches.for(seat.reader);
        if (!batch) continue;
        seat.batch = batch;
        seat.state = "woken";
        woken.push(seat);
      }
    }
    return woken;
  }

  /** What was known holds only while the log is followed. */
  clear(): void {
    this.#rooms.clear();
    this.#recent.clear();
  }
}
