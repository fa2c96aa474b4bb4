/** A MessageLog in memory whose reads and rings a test can hold back, reorder, count and make fail. */
import { encodeData } from "../../src/core/data.js";
import { ParkbenchError } from "../../src/core/errors.js";
import type { Appended, Batch, MessageLog, RoomSet } from "../../src/core/log.js";
import type { Draft, Message } from "../../src/core/message.js";
import { MemoryTable } from "./memory-table.js";
import { Steps } from "./steps.js";

const BATCH_CHARS_MAX = 1_048_576;

/**
 * A read is two steps, as in a real database: `look` is the moment whose rows it returns, `answer` the moment when the
 * caller hears of it. A ring is one step, `ring`. Nothing is held back until `steps.isHolding` is set.
 */
export class MemoryLog implements MessageLog {
  readonly epoch: string;
  readonly table: MemoryTable;
  readonly steps = new Steps();
  /** Every call of `since`, by its rooms: `all`, or the names with commas. */
  readonly reads: string[] = [];
  /** Reads end here, whatever their limit: as those of long rows do. */
  rowsPerReadMax = Number.POSITIVE_INFINITY;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  #failures = 0;
  #isClosed = false;

  constructor(table = new MemoryTable()) {
    this.table = table;
    this.epoch = table.epoch;
    table.bells.add(() => this.ring());
  }

  /** How many are told of changes now. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** A row that lands as every row does: visible first, then the bell. */
  land(room: string, draft: Partial<Draft> = {}): Message {
    const message = this.table.insert({ ...draft, room });
    this.table.ring();
    return message;
  }

  /** Tells whoever listens when the step runs. */
  ring(): void {
    this.steps.add("ring", () => {
      for (const { listener } of [...this.#listeners]) {
        try {
          listener();
        } catch {
          // The others must hear it.
        }
      }
    });
  }

  /** The next `count` calls of `since` and `newest` that come to look are refused. */
  failNext(count: number): void {
    this.#failures = count;
  }

  async append(draft: Draft): Promise<Appended> {
    this.#refuseClosed();
    encodeData(draft.data ?? null);
    return this.table.recall(draft) ?? { outcome: "appended", message: this.land(draft.room, draft) };
  }

  async recall(draft: Draft): Promise<Appended | null> {
    this.#refuseClosed();
    return this.table.recall(draft);
  }

  since(rooms: RoomSet, after: number, limit: number): Promise<Batch> {
    const label = String(rooms);
    this.reads.push(label);
    const rowsMax = Math.min(limit, this.rowsPerReadMax);
    return this.#read(label, () => {
      const batch = take(this.table.rows.filter(isIn(rooms, after)), rowsMax);
      const gap = this.table.prunedUpto(rooms);
      return gap > after ? { ...batch, gap } : batch;
    });
  }

  async before(rooms: readonly string[], before: number, limit: number): Promise<Batch> {
    this.#refuseClosed();
    const rows = this.table.rows.filter((row) => rooms.includes(row.room) && row.id < before);
    const { messages, more } = take(rows.toReversed(), limit);
    return { messages: messages.toReversed(), more };
  }

  newest(): Promise<number> {
    return this.#read("newest", () => this.table.newest);
  }

  /** Rings of this log are never late. */
  look(): void {}

  onChange(listener: () => void): () => void {
    const entry = { listener };
    if (!this.#isClosed) this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
  }

  #read<T>(label: string, look: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.steps.add(`look ${label}`, () => {
        const answer = this.#look(look, resolve, reject);
        this.steps.add(`answer ${label}`, answer);
      });
    });
  }

  #look<T>(look: () => T, resolve: (found: T) => void, reject: (error: Error) => void): () => void {
    if (this.#isClosed) return () => reject(refusal("closed"));
    if (this.#failures > 0) {
      this.#failures--;
      return () => reject(refusal("storage_busy"));
    }
    const found = look();
    return () => resolve(found);
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw refusal("closed");
  }
}

function isIn(rooms: RoomSet, after: number): (row: Message) => boolean {
  return (row) => row.id > after && (rooms === "all" || rooms.includes(row.room));
}

function take(rows: readonly Message[], limit: number): Batch {
  const messages: Message[] = [];
  let chars = 0;
  for (const row of rows) {
    chars += row.text.length;
    const isFull = messages.length >= limit || (messages.length > 0 && chars > BATCH_CHARS_MAX);
    if (isFull) return { messages, more: true };
    messages.push(row);
  }
  return { messages, more: false };
}

function refusal(code: "closed" | "storage_busy"): ParkbenchError {
  return new ParkbenchError(code, "Refused by the memory log.");
}
