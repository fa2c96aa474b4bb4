/** Keeps less: removes old messages in small batches, from time to time, in one process at a time. */
import { EvenClock } from "./even-clock.js";
import type { MessageLog } from "./log.js";
import { type Logger, silent } from "./logger.js";
import type { Pruned, Retention } from "./retention.js";
import { turn } from "./turn.js";

export interface PrunerParts {
  readonly log: MessageLog;
  readonly retention: Retention;
  /** Messages older than this many days are removed; 0: none for its age. */
  readonly keepDays: number;
  /** Of each room only this many newest are kept; 0: all. */
  readonly keepMessages: number;
  readonly logger?: Logger;
  /** How long ids must have been there before they may go, in ms. Default a minute. */
  readonly settleMs?: number;
}

const DAY_MS = 24 * 3600_000;
const ROUND_MS = 60_000;
/** Readers at the end have had everything by then, however the host's clock is set. */
const SETTLE_MS = 60_000;
/** Between two batches, for everybody else. */
const PAUSE_MS = 50;
/** A process that has died is followed by another after this. */
const CLAIM_MS = 3 * 60_000;
const RENEW_MS = 60_000;
/** A send that a closed laptop has kept over a weekend must not become a second message. */
const NONCE_KEPT_MS = 7 * DAY_MS;
/** Index entries in one read. */
const STEP_ROWS = 10_000;

/** The end of the log, as it was at a moment of the clock that cannot be set. */
interface Mark {
  readonly id: number;
  readonly atMs: number;
}

export class Pruner {
  readonly #parts: PrunerParts;
  readonly #logger: Logger;
  readonly #settleMs: number;
  readonly #clock = new EvenClock();
  #timer: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;
  #stopped = false;
  #marks: Mark[] = [];
  /** All rooms have been looked at up to this id; null: none has been. */
  #checkedUpto: number | null = null;
  #claimedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: PrunerParts) {
    this.#parts = parts;
    this.#logger = parts.logger ?? silent;
    this.#settleMs = parts.settleMs ?? SETTLE_MS;
  }

  /** Nothing, not even a timer, where everything is kept. The timers let the process end. */
  start(): void {
    const { keepDays, keepMessages } = this.#parts;
    if (keepDays > 0 || keepMessages > 0) void this.#run();
  }

  /** What is under way is finished; nothing more is begun. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.round();
      } catch (error) {
        if (!this.#stopped)
          this.#logger.warn(
            { err: error },
            "old messages could not be removed; it is tried again in a minute",
          );
      }
      await this.#pause(ROUND_MS);
    }
  }

  /** Removes everything that may go now. For tests; else `start` does it once a minute. */
  async round(): Promise<void> {
    const { log, retention, keepDays, keepMessages } = this.#parts;
    const isEven = this.#clock.isEven();
    const upto = this.#settled(await log.newest());
    if (upto === 0 || !(await this.#claims())) return;
    const isAged = keepDays > 0 && isEven;
    if (isAged && !(await this.#drain(() => retention.pruneOld(keepDays * DAY_MS, upto)))) return;
    if (keepMessages > 0 && !(await this.#pruneRooms(upto))) return;
    if (isEven) await this.#drain(() => retention.forgetNonces(NONCE_KEPT_MS));
  }

  /** The highest id that has been there for long enough, whatever time stands in its row; 0 as long as there is none. */
  #settled(newest: number): number {
    const nowMs = performance.now();
    this.#marks.push({ id: newest, atMs: nowMs });
    const at = this.#marks.findLastIndex(({ atMs }) => atMs <= nowMs - this.#settleMs);
    if (at > 0) this.#marks.splice(0, at);
    return at === -1 ? 0 : (this.#marks[0]?.id ?? 0);
  }

  async #claims(): Promise<boolean> {
    const nowMs = performance.now();
    if (nowMs - this.#claimedAtMs < RENEW_MS) return true;
    if (await this.#parts.retention.claim(CLAIM_MS)) {
      this.#claimedAtMs = nowMs;
      return true;
    }
    // Whoever has it now removes messages that we know nothing of.
    this.#checkedUpto = null;
    return false;
  }

  /** Batch after batch; false when it was not for this process to go on. */
  async #drain(batch: () => Promise<Pruned>): Promise<boolean> {
    for (;;) {
      const { more } = await batch();
      if (!more) return true;
      await this.#pause(PAUSE_MS);
      if (this.#stopped || !(await this.#claims())) return false;
    }
  }

  /** Only rooms that have grown since they were looked at last. */
  async #pruneRooms(upto: number): Promise<boolean> {
    for await (const room of this.#checkedUpto === null
      ? this.#allRooms()
      : this.#grown(this.#checkedUpto, upto)) {
      const last = await this.#lastTooMany(room);
      if (
        last !== null &&
        !(await this.#drain(() => this.#parts.retention.pruneRoom(room, Math.min(last, upto))))
      )
        return false;
      if (this.#stopped) return false;
    }
    this.#checkedUpto = upto;
    return true;
  }

  async *#allRooms(): AsyncGenerator<string, void> {
    const { retention } = this.#parts;
    for (let room = await retention.roomAfter(null); room !== null; room = await retention.roomAfter(room)) {
      yield room;
      await turn();
    }
  }

  async *#grown(after: number, upto: number): AsyncGenerator<string, void> {
    const rooms = new Set<string>();
    for (let from: number | null = after; from !== null; await turn()) {
      const found = await this.#parts.retention.roomsSince(from, upto);
      for (const room of found.rooms) rooms.add(room);
      from = found.last;
    }
    yield* rooms;
  }

  /** The newest message of a room that is one too many; null when all may stay. */
  async #lastTooMany(room: string): Promise<number | null> {
    let id: number | null = Number.MAX_SAFE_INTEGER;
    for (let left = this.#parts.keepMessages + 1; left > 0 && id !== null; left -= STEP_ROWS) {
      id = await this.#parts.retention.back(room, id, Math.min(left, STEP_ROWS));
      await turn();
    }
    return id;
  }

  #pause(pauseMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, pauseMs).unref();
    });
  }
}
