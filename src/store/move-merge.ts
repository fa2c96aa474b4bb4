/** Walks two sorted streams of rows side by side and tells what is only here, only there, or in both. */
import { compareKeys, type Key } from "./move-row.js";

/** Gives the next ones at each call, in the order of their keys; none at the end. */
export type Pull<T> = () => Promise<readonly T[]>;

/** `met` hears of each key once: what there is of it in the one stream, and in the other. */
export async function merge<A extends { readonly key: Key }, B extends { readonly key: Key }>(
  one: Pull<A>,
  other: Pull<B>,
  met: (a: A | null, b: B | null) => Promise<void> | null,
): Promise<void> {
  const [as, bs] = [new Feed(one), new Feed(other)];
  for (;;) {
    if (as.isDry) await as.fill();
    if (bs.isDry) await bs.fill();
    const [a, b] = [as.head, bs.head];
    if (!a && !b) return;
    const order = !a ? 1 : !b ? -1 : compareKeys(a.key, b.key);
    if (order <= 0) as.drop();
    if (order >= 0) bs.drop();
    // Awaited only where there is something to wait for: a turn for each of millions of rows takes longer than the rows.
    const busy = met(order <= 0 ? (a ?? null) : null, order >= 0 ? (b ?? null) : null);
    if (busy) await busy;
  }
}

class Feed<T> {
  readonly #pull: Pull<T>;
  #items: readonly T[] = [];
  #at = 0;
  #isOver = false;

  constructor(pull: Pull<T>) {
    this.#pull = pull;
  }

  get isDry(): boolean {
    return !this.#isOver && this.#at === this.#items.length;
  }

  get head(): T | undefined {
    return this.#items[this.#at];
  }

  drop(): void {
    this.#at += 1;
  }

  async fill(): Promise<void> {
    this.#items = await this.#pull();
    this.#at = 0;
    this.#isOver = this.#items.length === 0;
  }
}
