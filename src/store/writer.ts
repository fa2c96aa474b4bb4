/** All writes of the store, grouped: what arrives in one turn of the event loop shares one transaction and one flush. */
import type { Counts } from "../core/counts.js";
import type { Connection, Statement } from "./connection.js";
import type { Job, Outcome } from "./job.js";
import { BUSY_MS, busyPauseMs } from "./patience.js";
import { refuse } from "./refuse.js";
import { asRefusal, isBusy, isOwnFault, sqliteCode } from "./sqlite-errors.js";

/** One commit holds the loop and the write lock for its whole group. */
const GROUP_MAX = 256;

/** Beyond this the disk is not keeping up, and a clear refusal is better than a longer wait. */
const QUEUE_MAX = 10_000;

export interface WriterParts {
  readonly db: Connection;
  readonly counts: Counts;
  /** Whether the open file is still the one at its path. */
  readonly isInPlace: () => boolean;
  /** Called once after a commit that wrote messages or control rows. */
  readonly ring: () => void;
  /** Called once, when the file is not at its path any more. */
  readonly onLost: () => void;
}

export class Writer {
  readonly #parts: WriterParts;
  readonly #statements: Record<"begin" | "commit" | "rollback" | "mark" | "undo" | "keep", Statement>;
  #queue: Job[] = [];
  #isScheduled = false;
  #ended: "closed" | "storage_lost" | null = null;
  #onDrained: (() => void) | null = null;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#statements = {
      // IMMEDIATE: a transaction that reads and then asks for the write lock is refused whatever the busy timeout.
      begin: parts.db.prepare("BEGIN IMMEDIATE"),
      commit: parts.db.prepare("COMMIT"),
      rollback: parts.db.prepare("ROLLBACK"),
      mark: parts.db.prepare("SAVEPOINT mark"),
      undo: parts.db.prepare("ROLLBACK TO mark"),
      keep: parts.db.prepare("RELEASE mark"),
    };
  }

  /**
   * Runs `job` in the next transaction and resolves with its value once that is on disk. A job is synchronous, writes
   * through the same connection and may run twice, so it changes nothing but the database. If it throws, its own
   * writes are undone and its promise rejects; the others of its group do not notice.
   */
  write<T>(job: () => T, { rings = false } = {}): Promise<T> {
    if (this.#ended !== null) return Promise.reject(refuse(this.#ended));
    if (this.#queue.length >= QUEUE_MAX) return Promise.reject(refuse("storage_busy"));
    return new Promise<T>((resolve, reject) => {
      // The value that comes back is the one this job returned.
      const settle = resolve as (value: unknown) => void;
      const until = performance.now() + BUSY_MS;
      this.#queue.push({ run: job, resolve: settle, reject, rings, until, isAgain: false });
      this.#schedule();
    });
  }

  /** Between commits: whether the file is in place still. If not, nothing is written or acknowledged any more. */
  look(): void {
    if (this.#ended === null && !this.#parts.isInPlace()) this.#lose([]);
  }

  /** Finishes what is queued; later writes reject with `closed`. */
  async close(): Promise<void> {
    this.#ended ??= "closed";
    if (this.#queue.length > 0) await new Promise<void>((resolve) => (this.#onDrained = resolve));
  }

  #schedule(afterMs?: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const turn = () => {
      this.#isScheduled = false;
      const pauseMs = this.#turn();
      if (this.#queue.length > 0) this.#schedule(pauseMs);
      else this.#onDrained?.();
    };
    if (afterMs === undefined) setImmediate(turn);
    else setTimeout(turn, afterMs);
  }

  /** Commits one group; returns how long to wait before the next try when another process has the lock. */
  #turn(): number | undefined {
    try {
      this.#statements.begin.run();
    } catch (error) {
      if (!isBusy(error)) {
        this.#fail(this.#queue.splice(0, GROUP_MAX), asRefusal(error));
        return undefined;
      }
      const now = performance.now();
      const overdue = this.#queue.filter((job) => job.until <= now);
      this.#queue = this.#queue.filter((job) => job.until > now);
      this.#fail(overdue, refuse("storage_busy", error));
      return busyPauseMs();
    }
    this.#commit(this.#queue.splice(0, GROUP_MAX));
    return undefined;
  }

  #commit(group: readonly Job[]): void {
    let outcomes: readonly Outcome[] | null;
    let isLost: boolean;
    try {
      outcomes = this.#runAll(group);
      (outcomes ? this.#statements.commit : this.#statements.rollback).run();
      // After the commit, so that an answer always speaks of the file that the next process will open.
      isLost = !this.#parts.isInPlace();
    } catch (error) {
      this.#rollBack();
      this.#fail(group, sqliteCode(error) === "" ? refuse("storage_failed", error) : asRefusal(error));
      return;
    }
    if (isLost) this.#lose(group);
    else if (outcomes) this.#settle(outcomes);
    else this.#putBack(group);
  }

  #settle(outcomes: readonly Outcome[]): void {
    const { counts } = this.#parts;
    counts.commits += 1;
    for (const outcome of outcomes) {
      if (outcome.isDone) {
        counts.writes += 1;
        outcome.job.resolve(outcome.value);
      } else outcome.job.reject(asRefusal(outcome.error));
    }
    if (outcomes.some(({ isDone, job }) => isDone && job.rings)) this.#parts.ring();
  }

  /**
   * Without savepoints at first: inside one, SQLite keeps the old form of every page that changes, in a temporary file
   * from the 17th page on. Null when a job has thrown, and all has to be undone for it.
   */
  #runAll(group: readonly Job[]): readonly Outcome[] | null {
    if (group.some(({ isAgain }) => isAgain)) return group.map((job) => this.#runAlone(job));
    try {
      return group.map((job) => ({ job, isDone: true, value: job.run() }));
    } catch (error) {
      if (!this.#isJobs(error)) throw error;
      return null;
    }
  }

  /** To the head of the queue, for the next turn: each of them runs once more, by itself. */
  #putBack(group: readonly Job[]): void {
    for (const job of group) job.isAgain = true;
    this.#queue = [...group, ...this.#queue];
  }

  #runAlone(job: Job): Outcome {
    this.#statements.mark.run();
    try {
      const value = job.run();
      this.#statements.keep.run();
      return { job, isDone: true, value };
    } catch (error) {
      if (!this.#isJobs(error)) throw error;
      this.#statements.undo.run();
      this.#statements.keep.run();
      return { job, isDone: false, error };
    }
  }

  /** Trouble with the database itself is the whole group's, and SQLite may have ended the transaction already. */
  #isJobs(error: unknown): boolean {
    return isOwnFault(error) && this.#parts.db.inTransaction;
  }

  /** On a failing disk this may fail too; the next BEGIN then says so, and a throw from here would end the process. */
  #rollBack(): void {
    try {
      if (this.#parts.db.inTransaction) this.#statements.rollback.run();
    } catch {}
  }

  #fail(jobs: readonly Job[], error: unknown): void {
    for (const job of jobs) job.reject(error);
  }

  #lose(group: readonly Job[]): void {
    this.#fail([...group, ...this.#queue.splice(0)], refuse("storage_lost"));
    // A turn that was due when it was found finds it again.
    if (this.#ended === "storage_lost") return;
    this.#ended = "storage_lost";
    // Apart from this turn, whose callers have their answer: what the host does now is its own.
    setImmediate(this.#parts.onLost);
  }
}
