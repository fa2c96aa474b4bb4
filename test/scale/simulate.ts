/** One run: so many processes with their readers and senders, for some seconds of virtual time, and what was seen. */
import { type Random, seeded } from "../support/random.js";
import { VirtualClock } from "./clock.js";
import { ModelDatabase } from "./database.js";
import type { Model } from "./model.js";
import { fraction, networkOf } from "./network.js";
import { type Around, ModelProcess } from "./process.js";
import { ModelReader } from "./reader.js";

/** Without a read in so long, everybody listens and is parked; and at the end the last message is everywhere. */
const QUIET_MS = 2000;
const SENDER = { id: 7, name: "Ana" };

export interface Figures {
  readonly processes: number;
  readonly sent: number;
  /** Messages that somebody has not got when all was quiet again; those that came twice or in another order. */
  readonly missed: number;
  readonly wrong: number;
  /** Refused by the groups, as the database did not keep up. */
  readonly refused: number;
  /** Ascending, one for each message, in ms: from its send until it was acknowledged; … */
  readonly ackMs: readonly number[];
  /** … from its commit until the last process with a parked reader of it woke; … */
  readonly wakeMs: readonly number[];
  /** … and until the last of them was written to. */
  readonly answerMs: readonly number[];
  /** While messages were sent, a second. `heard`: notifications times listeners. */
  readonly perSecond: Readonly<
    Record<"messages" | "commits" | "reads" | "looks" | "notifications" | "heard", number>
  >;
  /** Of the time: the database's cores, its lock, and the core of a process; above 1 where work was left over. */
  readonly busy: Readonly<Record<"database" | "lock" | "process", number>>;
}

/** Everything is drawn from the model's seed: the same model gives the same figures. */
export async function simulate(model: Model, processes: number): Promise<Figures> {
  const clock = new VirtualClock();
  return clock.during(() => new Run(clock, model, processes).run());
}

class Run {
  readonly #model: Model;
  readonly #clock: VirtualClock;
  readonly #database: ModelDatabase;
  readonly #processes: readonly ModelProcess[];
  readonly #readers: readonly ModelReader[];
  readonly #balancer: Random;
  readonly #ackMs: number[] = [];
  /** By id: the last one that woke for it, and was answered. */
  readonly #wokenAtMs: number[] = [];
  readonly #answeredAtMs: number[] = [];
  #sent = 0;
  #refused = 0;

  constructor(clock: VirtualClock, model: Model, processes: number) {
    this.#model = model;
    this.#clock = clock;
    this.#database = new ModelDatabase(clock, model);
    const oneWayMs = networkOf(model, seeded(model.seed));
    this.#balancer = seeded(-model.seed);
    const around: Around = { clock, model, oneWayMs, database: this.#database };
    this.#processes = Array.from({ length: processes }, () => new ModelProcess(around));
    const rooms = Math.max(1, Math.round((processes * model.readers) / model.roomReaders));
    const note = (id: number, wokenAtMs: number, answeredAtMs: number) => {
      this.#wokenAtMs[id] = wokenAtMs;
      this.#answeredAtMs[id] = Math.max(answeredAtMs, this.#answeredAtMs[id] ?? 0);
    };
    this.#readers = this.#processes.flatMap((process, nth) =>
      Array.from({ length: model.readers }, (_, at) => {
        const room = `room ${(nth * model.readers + at) % rooms}`;
        return new ModelReader(around, () => this.#roaming() ?? process, room, note);
      }),
    );
  }

  async run(): Promise<Figures> {
    const clock = this.#clock;
    for (const reader of this.#readers) clock.call(0, () => reader.enter());
    // Each reader's first read: at hundreds of processes they take a while.
    for (let reads = -1; reads < this.#database.counts.reads; ) {
      reads = this.#database.counts.reads;
      await clock.run(QUIET_MS);
    }
    const before = this.#spent();
    const { messagesAll, messagesEach, seconds, seed } = this.#model;
    const each = messagesAll > 0 ? messagesAll / this.#processes.length : messagesEach;
    const endMs = clock.nowMs + seconds * 1000;
    for (const [nth, process] of this.#processes.entries())
      this.#send(process, nth, { perMs: each / 1000, endMs, random: seeded(seed + 1 + nth) });
    await clock.run(seconds * 1000);
    const after = this.#spent();
    await clock.run(QUIET_MS);
    const figures = this.#figures(before, after);
    await Promise.all([...this.#processes.map((process) => process.close()), clock.run(QUIET_MS)]);
    return figures;
  }

  /** Where a reader is sent, unless it stays where it is. */
  #roaming(): ModelProcess | undefined {
    const { roamOneIn } = this.#model;
    const isSent = roamOneIn > 0 && this.#balancer.oneIn(roamOneIn);
    return isSent ? this.#processes[this.#balancer.whole(0, this.#processes.length - 1)] : undefined;
  }

  /** At random moments, to the room of a reader that is drawn. */
  #send(process: ModelProcess, nth: number, plan: { perMs: number; endMs: number; random: Random }): void {
    const { perMs, endMs, random } = plan;
    const gapMs = -Math.log(1 - fraction(random)) / perMs;
    const clock = this.#clock;
    if (!(clock.nowMs + gapMs < endMs)) return;
    clock.call(gapMs, () => {
      const { readers, sendUs } = this.#model;
      const room = this.#readers[nth * readers + random.whole(0, readers - 1)]?.room ?? "";
      const sentAtMs = clock.nowMs;
      this.#sent += 1;
      clock.call(process.cores.spend(sendUs), () => {
        process.append({ room, author: SENDER, text: "hello" }).then(
          () => this.#ackMs.push(clock.nowMs - sentAtMs),
          () => {
            this.#refused += 1;
          },
        );
      });
      this.#send(process, nth, plan);
    });
  }

  #spent(): Spent {
    const { counts, cores, lockedMs } = this.#database;
    const processMs = this.#processes.reduce((sum, process) => sum + process.cores.busyMs, 0);
    return { counts: { ...counts }, databaseMs: cores.busyMs, lockedMs, processMs };
  }

  #figures(before: Spent, after: Spent): Figures {
    const { databaseCores, seconds } = this.#model;
    const perSecond = { ...after.counts };
    for (const name of Object.keys(perSecond) as (keyof typeof perSecond)[])
      perSecond[name] = (perSecond[name] - before.counts[name]) / seconds;
    const share = (name: "databaseMs" | "lockedMs" | "processMs", of: number) =>
      (after[name] - before[name]) / (of * seconds * 1000);
    const since = (atMs: readonly number[]) =>
      [...atMs.entries()]
        .flatMap(([id, ms]) => ms - (this.#database.committedAtMs[id] ?? 0))
        .filter(Number.isFinite);
    const missed = ({ room, have }: ModelReader) => this.#database.rowsOf(room).length - have;
    return {
      processes: this.#processes.length,
      sent: this.#sent,
      missed: this.#readers.reduce((sum, reader) => sum + missed(reader), 0),
      wrong: this.#readers.reduce((sum, reader) => sum + reader.wrong, 0),
      refused: this.#refused,
      ackMs: sorted(this.#ackMs),
      wakeMs: sorted(since(this.#wokenAtMs)),
      answerMs: sorted(since(this.#answeredAtMs)),
      perSecond,
      busy: {
        database: share("databaseMs", databaseCores),
        lock: share("lockedMs", 1),
        process: share("processMs", this.#processes.length),
      },
    };
  }
}

interface Spent {
  readonly counts: Readonly<ModelDatabase["counts"]>;
  readonly databaseMs: number;
  readonly lockedMs: number;
  readonly processMs: number;
}

function sorted(values: readonly number[]): readonly number[] {
  return values.toSorted((one, other) => one - other);
}
