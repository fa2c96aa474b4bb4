/** Appends to PostgreSQL, grouped: what arrives while one group is being committed makes the next one. */
import type { Counts } from "../core/counts.js";
import type { Pooled } from "./pooled.js";
import { isOwnFault } from "./postgres-errors.js";
import { refuse } from "./sqlite-errors.js";

/** Beyond it a commit takes longer without storing more a second (measured: facts of the design, section 3). */
const GROUP_MAX = 64;

/** Beyond this the database is not keeping up, and a clear refusal is better than a longer wait. */
const QUEUE_MAX = 10_000;

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

  constructor(db: Pooled, counts: Counts, ring: () => void) {
    this.#db = db;
    this.#counts = counts;
    this.#ring = ring;
  }

  /** Resolves when the row is on disk. */
  add(row: Row): Promise<Added> {
    if (this.#isClosed) return Promise.reject(refuse("closed"));
    if (this.#queue.length >= QUEUE_MAX) return Promise.reject(refuse("storage_busy"));
    return new Promise((resolve, reject) => {
      this.#queue.push({ row, resolve, reject });
      if (!this.#isWorking) void this.#work();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isWorking) await new Promise<void>((resolve) => (this.#onDrained = resolve));
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // Those of one turn go together.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0, GROUP_MAX));
    this.#isWorking = false;
    this.#onDrained?.();
  }

  async #commit(group: readonly Job[]): Promise<void> {
    // Its rows are there for all to read a moment before this process hears of it.
    this.#counts.hold();
    try {
      const rows = await this.#db.run<[isNew: boolean, id: number]>(APPEND, columnsOf(group), group.length);
      for (const [at, { resolve }] of group.entries()) {
        const [isNew, id] = rows[at] ?? [false, 0];
        if (isNew) this.#counts.append(id);
        resolve({ isNew, id });
      }
      if (rows.some(([isNew]) => isNew)) this.#ring();
    } catch (error) {
      // One row that cannot be must not take its neighbours with it.
      if (group.length > 1 && isOwnFault(error)) for (const job of group) await this.#commit([job]);
      else for (const { reject } of group) reject(error);
    } finally {
      this.#counts.release();
    }
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
