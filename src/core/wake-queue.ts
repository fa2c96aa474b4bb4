/** Answers many readers in slices, so that other requests get in between. */

/** Waking 18,000 readers in one go would hold the event loop, and every send with it, for a fifth of a second. */
export class WakeQueue<T> {
  readonly #sliceSize: number;
  readonly #wake: (member: T) => void;
  #queue: T[] = [];
  #isWaking = false;

  constructor(sliceSize: number, wake: (member: T) => void) {
    this.#sliceSize = sliceSize;
    this.#wake = wake;
  }

  push(member: T): void {
    this.#queue.push(member);
  }

  /** Wakes a first slice now and the rest turn by turn, in the order of `push`. */
  start(): void {
    if (!this.#isWaking) this.#slice();
  }

  #slice(): void {
    for (const member of this.#queue.splice(0, this.#sliceSize)) this.#wake(member);
    this.#isWaking = this.#queue.length > 0;
    if (this.#isWaking) setImmediate(() => this.#slice());
  }
}
