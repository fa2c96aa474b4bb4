/** Large reads wait for one another: what is read in one turn of the event loop is bounded, and all else gets in between. */

/** One of the largest answers, or many small ones: some 20 ms until they are encoded and written. */
const TURN_BYTES_MAX = 1_000_000;

/** A thousand connections that ask for a megabyte each were answered in one turn, which held everybody up for seconds. */
export class Pace {
  #leftBytes = TURN_BYTES_MAX;
  #waiting: (() => void)[] = [];
  #isCounting = false;

  /** Runs at once what fits into this turn, else when its own comes, in the order in which all were given. */
  run<T>(read: () => Promise<T>): Promise<T> {
    if (this.#leftBytes > 0 && this.#waiting.length === 0) return read();
    return new Promise((resolve) => this.#waiting.push(() => resolve(read())));
  }

  /** What a read has brought: before it nobody knows. */
  spend(bytes: number): void {
    if (bytes === 0) return;
    this.#leftBytes -= bytes;
    if (this.#isCounting) return;
    this.#isCounting = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isCounting = false;
    this.#leftBytes = TURN_BYTES_MAX;
    let at = 0;
    while (at < this.#waiting.length && this.#leftBytes > 0) this.#waiting[at++]?.();
    this.#waiting = this.#waiting.slice(at);
  }
}
