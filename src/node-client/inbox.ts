/** Rows between the reading and the program's loop: few, in order, and whoever fills it waits for whoever empties it. */
import type { Message } from "./answer.js";
import type { Entry } from "./position.js";

/** So many rows are read ahead; the connection is not read from until the loop has caught up. */
const AHEAD_MAX = 500;

export class Inbox implements AsyncIterator<Message, undefined> {
  #entries: Entry[] = [];
  #cursor: string | null;
  /** Where the reading stands when all entries are taken: past rows that were not for us. */
  #readUpTo: string | null = null;
  #end: { readonly error: unknown } | null = null;
  /** A program may ask for several rows at once. */
  readonly #asking: (() => void)[] = [];
  #wakeReading: (() => void) | null = null;

  constructor(cursor: string | null) {
    this.#cursor = cursor;
  }

  /** Of whoever has had exactly the rows that the loop was given. */
  get cursor(): string | null {
    return this.#entries.length === 0 && this.#readUpTo !== null ? this.#readUpTo : this.#cursor;
  }

  /** Resolves when more may be read. */
  async put(entries: readonly Entry[], readUpTo: string | null): Promise<void> {
    if (this.#end) return;
    this.#entries.push(...entries);
    this.#readUpTo = readUpTo;
    if (this.#entries.length > 0) this.#wakeLoop();
    while (this.#entries.length >= AHEAD_MAX && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wakeReading = resolve;
      });
    }
  }

  /** What is there is still given out, unless the program itself ended it; then the loop ends, or throws. */
  end(error: unknown, { now }: { readonly now: boolean }): void {
    if (this.#end) return;
    this.#end = { error };
    if (now && this.#entries.length > 0) {
      // The cursor stays before what nobody has had.
      this.#entries = [];
      this.#readUpTo = null;
    }
    this.#wakeLoop();
    this.#wakeReading?.();
  }

  async next(): Promise<IteratorResult<Message, undefined>> {
    for (;;) {
      const entry = this.#entries.shift();
      if (entry) {
        this.#cursor = entry.cursor;
        if (this.#entries.length < AHEAD_MAX / 2) this.#wakeReading?.();
        return { done: false, value: entry.message };
      }
      if (this.#end) {
        if (this.#end.error) throw this.#end.error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#asking.push(resolve);
      });
    }
  }

  /** A loop that breaks may be followed by another, which goes on. */
  async return(): Promise<IteratorResult<Message, undefined>> {
    return { done: true, value: undefined };
  }

  #wakeLoop(): void {
    for (const wake of this.#asking.splice(0)) wake();
  }
}
