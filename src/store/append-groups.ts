/** Appends to PostgreSQL, grouped: what arrives while one group is being committed makes the next one. */
import type { Counts } from "../core/counts.js";
import { ParkbenchError } from "../core/errors.js";
import { type Pooled, QUICK_MS } from "./pooled.js";
import { isOwnFault } from "./postgres-errors.js";
import { refuse } from "./refuse.js";

/** Beyond it a commit takes longer without storing more a second (measured: docs/scale.md). */
const GROUP_MAX = 64;

/** Beyond this the database is not keeping up, and a clear refusal is better than a longer wait. */
const QUEUE_MAX = 10_000;
/** Nor may one group that gets no answer keep all others waiting for theirs. */
const WAIT_MS = 5000;

/** A message as the columns want it. `at` is Unix milliseconds. */
export interface Row {
  readonly room: string;
  readonly name: string;
  readonly text: string;
  readonly authorId: string | null;
  readonly kind: string;
  readonly nonce: string | null;
  readonly data: string | null;
  readonly ref: number | null;
  readonly at: number;
  readonly sender: string;
}

export interface Added {
  readonly isNew: boolean;
  /** Of the row, or of the one that the sender's nonce stood for before. */
  readonly id: number;
}

interface Job {
  readonly row: Row;
  readonly untilMs: number;
  /** It was in a group that failed for one of its rows. */
  isAlone: boolean;
  readonly resolve: (added: Added) => void;
  readonly reject: (error: unknown) => void;
}

const APPEND = "SELECT is_new, message_id FROM parkbench_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

export class AppendGroups {
  readonly #db: Pooled;
  readonly #counts: Counts;
  readonly #ring: () => void;
  readonly #queue: Job[] = [];
  #isWorking = false;
  #isClosed = false;
  #onDrained: (() => void) | null = null;
  #expiry: NodeJS.Timeout | null = null;

  constructor(db: Pooled, counts: Counts, ring: () => void) {
    this.#db = db;
    this.#counts = counts;
    this.#ring = ring;
  }

  /** Resolves when the row is on disk. Rejects with `storage_failed` where nobody knows whether it is. */
  add(row: Row): Promise<Added> {
    if (this.#isClosed) return Promise.reject(refuse("closed"));
    if (this.#queue.length >= QUEUE_MAX) return Promise.reject(refuse("storage_busy"));
    return new Promise((resolve, reject) => {
      const untilMs = performance.now() + WAIT_MS;
      this.#queue.push({ row, untilMs, isAlone: false, resolve, reject });
      if (this.#isWorking) this.#expiry ??= setTimeout(() => this.#expire(), WAIT_MS);
      else void this.#work();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isWorking) await new Promise<void>((resolve) => (this.#onDrained = resolve));
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Those of one turn go together: of sends that come at once, the first must not make all others wait for its flush.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) await this.#commit(this.#next());
    this.#isWorking = false;
    if (this.#expiry) clearTimeout(this.#expiry);
    this.#expiry = null;
    this.#onDrained?.();
  }

  #next(): readonly Job[] {
    if (this.#queue[0]?.isAlone) return this.#queue.splice(0, 1);
    return this.#queue.splice(0, GROUP_MAX);
  }

  async #commit(group: readonly Job[]): Promise<void> {
    // Its rows are there for all to read a moment before this process hears of it.
    this.#counts.hold();
    try {
      const options = { writes: group.length, answerMs: QUICK_MS };
      const rows = await this.#db.run<[isNew: boolean, id: number]>(APPEND, columnsOf(group), options);
      for (const [at, { resolve }] of group.entries()) {
        const [isNew, id] = rows[at] ?? [false, 0];
        if (isNew) this.#counts.append(id);
        resolve({ isNew, id });
      }
      if (rows.some(([isNew]) => isNew)) this.#ring();
    } catch (error) {
      // One row that cannot be must not take its neighbours with it.
      if (group.length > 1 && isOwnFault(error)) {
        for (const job of group) job.isAlone = true;
        this.#queue.unshift(...group);
        return;
      }
      for (const { reject } of group) reject(error);
      // The rows may be there all the same: whoever waits for them must not hear of them by the safety look only.
      if (error instanceof ParkbenchError && error.code === "storage_failed") this.#ring();
    } finally {
      this.#counts.release();
    }
  }

  /** The oldest are first. */
  #expire(): void {
    const nowMs = performance.now();
    while ((this.#queue[0]?.untilMs ?? nowMs + 1) <= nowMs)
      this.#queue.shift()?.reject(refuse("storage_busy"));
    const [oldest] = this.#queue;
    this.#expiry = oldest ? setTimeout(() => this.#expire(), oldest.untilMs - nowMs) : null;
  }
}

function columnsOf(group: readonly Job[]): readonly unknown[] {
  const rows = group.map(({ row }) => row);
  return [
    rows.map(({ room }) => room),
    rows.map(({ name }) => name),
    rows.map(({ text }) => text),
    rows.map(({ authorId }) => authorId),
    rows.map(({ kind }) => kind),
    rows.map(({ nonce }) => nonce),
    rows.map(({ data }) => data),
    rows.map(({ ref }) => ref),
    rows.map(({ at }) => new Date(at)),
    rows.map(({ sender }) => sender),
  ];
}
