/** A modelled PostgreSQL: one lock for all commits, a flush for each, cores that everything has to pass, and listeners. */
import type { Batch, RoomSet } from "../../src/core/log.js";
import type { Message } from "../../src/core/message.js";
import type { VirtualClock } from "./clock.js";
import { Cores } from "./cores.js";
import type { Model } from "./model.js";

const AUTHOR = { id: 7, name: "Ana" };

export interface NewRow {
  readonly room: string;
  readonly nonce: string | null;
}

export class ModelDatabase {
  readonly cores: Cores;
  /** By id, from 1 on: when each could be read first. */
  readonly committedAtMs: number[] = [];
  /** What was asked of it. `heard`: notifications times listeners. */
  readonly counts = { messages: 0, commits: 0, reads: 0, looks: 0, notifications: 0, heard: 0 };
  /** For how long the lock was held. */
  lockedMs = 0;
  readonly listeners = new Set<(payload: string) => void>();
  readonly #clock: VirtualClock;
  readonly #model: Model;
  readonly #rows: Message[] = [];
  readonly #byRoom = new Map<string, Message[]>();
  readonly #waiting: (() => void)[] = [];
  #isLocked = false;

  constructor(clock: VirtualClock, model: Model) {
    this.#clock = clock;
    this.#model = model;
    this.cores = new Cores(clock, model.databaseCores);
  }

  /** Rows of a room, ascending. */
  rowsOf(room: string): readonly Message[] {
    return this.#byRoom.get(room) ?? [];
  }

  /** `done` is told the ids, when the rows are on disk and can be read. */
  commit(rows: readonly NewRow[], done: (ids: readonly number[]) => void): void {
    const { commitUs, commitRowUs, flushMs } = this.#model;
    this.#lock(() => {
      const beganMs = this.#clock.nowMs;
      const workMs = this.cores.spend(commitUs + rows.length * commitRowUs);
      this.#clock.in(workMs + flushMs, () => {
        this.counts.commits += 1;
        this.counts.messages += rows.length;
        this.lockedMs += this.#clock.nowMs - beganMs;
        const ids = rows.map((row) => this.#insert(row));
        this.#unlock();
        done(ids);
      });
    });
  }

  read(rooms: RoomSet, after: number, limit: number, done: (batch: Batch) => void): void {
    this.counts.reads += 1;
    const { readUs, readRowUs } = this.#model;
    // Its rows are those of the moment when it begins, and how many they are says how long it takes.
    this.#clock.in(this.cores.spend(0), () => {
      const batch = this.#since(rooms, after, limit);
      this.#clock.in(this.cores.spend(readUs + batch.messages.length * readRowUs), () => done(batch));
    });
  }

  look(done: (newest: number) => void): void {
    this.counts.looks += 1;
    this.#clock.in(this.cores.spend(this.#model.lookUs), () => done(this.#rows.length));
  }

  /** Every listener costs its own process of the server some work. */
  notify(payload: string, done: () => void): void {
    const { notifyUs, notifyEachUs } = this.#model;
    this.#clock.in(this.cores.spend(notifyUs), () => {
      this.counts.notifications += 1;
      done();
      for (const hear of this.listeners) {
        this.counts.heard += 1;
        this.#clock.in(this.cores.spend(notifyEachUs), () => hear(payload));
      }
    });
  }

  #lock(job: () => void): void {
    if (this.#isLocked) this.#waiting.push(job);
    else job();
    this.#isLocked = true;
  }

  #unlock(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isLocked = false;
  }

  #insert({ room, nonce }: NewRow): number {
    const id = this.#rows.length + 1;
    const rest = { kind: "message", text: "hello", data: null, ref: null, at: 0 };
    const message: Message = { id, room, from: AUTHOR, nonce, ...rest };
    this.#rows.push(message);
    const ofRoom = this.#byRoom.get(room);
    if (ofRoom) ofRoom.push(message);
    else this.#byRoom.set(room, [message]);
    this.committedAtMs[id] = this.#clock.nowMs;
    return id;
  }

  #since(rooms: RoomSet, after: number, limit: number): Batch {
    const found =
      rooms === "all"
        ? this.#rows.slice(after, after + limit + 1)
        : this.#rows.slice(after).filter(({ room }) => rooms.includes(room));
    return { messages: found.slice(0, limit), more: found.length > limit };
  }
}
