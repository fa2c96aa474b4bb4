/** What happened in this process, as plain numbers: an increment where it happens, read by whoever asks. */
import type { ErrorCode } from "./errors.js";
import type { LoadLevel } from "./load.js";
import type { Message } from "./message.js";
import { OwnRows } from "./own-rows.js";

/** How a message reached its reader. `wait` is the waiting page, `live` the endless one. */
export type Transport = "poll" | "sse" | "websocket" | "live" | "wait";

/** Why something was not done. `full`: a reader was not parked, as too many are. */
export type Refusal = ErrorCode | "full";

/** Upper bounds of the wake latencies that are counted together, in ms. */
export const WAKE_BOUNDS_MS: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];

/** All since the process began to count; what is given out is a copy. */
export interface Stats {
  /** Readers waiting in this process now. */
  readonly parked: number;
  /** What is given up now because the process is busy: 0 nothing, 1 long parks, 2 parks, 3 sends. */
  readonly loadLevel: LoadLevel;
  /** Messages written to readers, by transport. */
  readonly delivered: Readonly<Record<Transport, number>>;
  /** Rows that this process has appended. */
  readonly appended: number;
  /** Rows by other programs and processes that this one has read while somebody waited. */
  readonly appendedByOthers: number;
  /** Transactions that were flushed to disk, and the writes (messages, sessions, names, ...) that shared them. */
  readonly commits: number;
  readonly writes: number;
  /** What was refused, by the problem's code. */
  readonly refused: Readonly<Partial<Record<Refusal, number>>>;
  /** From a ring to the last reader woken for it: one for each batch of rows that woke somebody. */
  readonly wakes: {
    readonly count: number;
    readonly sumMs: number;
    /** How many took at most so many ms: ascending and cumulative. Slower ones are in `count` alone. */
    readonly atMost: readonly { readonly ms: number; readonly count: number }[];
  };
  /** Rows that no ring told of, found by the safety re-read: more than none means that readers wait too long. */
  readonly lostWakeUps: number;
  /** Connections that were closed unread, as there may be no more. In the standalone program only. */
  readonly droppedConnections: number;
}

/** One for each open store, shared by all the parts over it. Written to by hot paths: nothing here allocates. */
export class Counts {
  readonly delivered: Record<Transport, number> = { poll: 0, sse: 0, websocket: 0, live: 0, wait: 0 };
  appended = 0;
  appendedByOthers = 0;
  commits = 0;
  writes = 0;
  lostWakeUps = 0;
  droppedConnections = 0;
  readonly #refused = new Map<Refusal, number>();
  readonly #own = new OwnRows();
  /** Ids of rows that were read while it could not be told yet whose they are. */
  readonly #untold: number[] = [];
  #isHeld = false;
  readonly #wakes: number[] = WAKE_BOUNDS_MS.map(() => 0);
  #wakeCount = 0;
  #wakeSumMs = 0;

  /** A row of this process that is on disk now, before anybody is told of it. */
  append(id: number): void {
    this.appended += 1;
    this.#own.add(id);
  }

  /** Rows that the tail has read, each once, ascending. */
  read(messages: readonly Message[]): void {
    for (const { id } of messages)
      if (this.#isHeld) this.#untold.push(id);
      else this.#tell(id);
  }

  /**
   * For a store whose rows may be read before it hears that it has written them: what is read until `release` is counted
   * then.
   */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const id of this.#untold) this.#tell(id);
    this.#untold.length = 0;
  }

  #tell(id: number): void {
    if (!this.#own.take(id)) this.appendedByOthers += 1;
  }

  /** Shown as 0 from the start: what appears with its first count looks to Prometheus as if it had never moved. */
  expect(reasons: readonly Refusal[]): void {
    for (const reason of reasons) this.#refused.set(reason, this.#refused.get(reason) ?? 0);
  }

  refuse(reason: Refusal): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  /** All readers of one batch have been woken. */
  wake(latencyMs: number): void {
    this.#wakeCount += 1;
    this.#wakeSumMs += latencyMs;
    const at = WAKE_BOUNDS_MS.findIndex((boundMs) => latencyMs <= boundMs);
    if (at !== -1) this.#wakes[at] = (this.#wakes[at] ?? 0) + 1;
  }

  stats(parked: number, loadLevel: LoadLevel = 0): Stats {
    const { appended, appendedByOthers, commits, writes, lostWakeUps, droppedConnections } = this;
    let upTo = 0;
    const atMost = WAKE_BOUNDS_MS.map((ms, at) => {
      upTo += this.#wakes[at] ?? 0;
      return { ms, count: upTo };
    });
    return {
      parked,
      loadLevel,
      delivered: { ...this.delivered },
      appended,
      appendedByOthers,
      commits,
      writes,
      refused: Object.fromEntries(this.#refused) as Stats["refused"],
      wakes: { count: this.#wakeCount, sumMs: this.#wakeSumMs, atMost },
      lostWakeUps,
      droppedConnections,
    };
  }
}
