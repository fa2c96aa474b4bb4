/** Work under one key, one after the other; what is under another key does not wait. */
export class OneByOne {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` once all that was given under this key before has ended, well or badly. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const mine = before ? before.then(work, work) : work();
    this.#last.set(key, mine);
    const forget = () => {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    };
    mine.then(forget, forget);
    return mine;
  }

  /** Keys under which something runs or waits. */
  get size(): number {
    return this.#last.size;
  }
}
