/** Answers many readers in slices, so that other requests get in between. */

/** Waking 18,000 readers in one go would hold the event loop, and every send with it, for a fifth of a second. */
export class WakeQueue<T> {
  readonly #sliceSize: number;
  readonly #wake: (member: T) => void;
  #queue: T[] = [];
  /** What to call when so many of all who were ever pushed have been woken. */
  readonly #marks: { readonly at: number; readonly then: () => void }[] = [];
  #pushed = 0;
  #woken = 0;
  #isWaking = false;

  constructor(sliceSize: number, wake: (member: T) => void) {
    this.#sliceSize = sliceSize;
    this.#wake = wake;
  }

  push(member: T): void {
    this.#pushed += 1;
    this.#queue.push(member);
  }

  /** Calls `then` when everybody who was pushed so far has been woken. */
  after(then: () => void): void {
    this.#marks.push({ at: this.#pushed, then });
  }

  /** Wakes a first slice now and the rest turn by turn, in the order of `push`. */
  start(): void {
    if (!this.#isWaking) this.#slice();
  }

  #slice(): void {
    const slice = this.#queue.splice(0, this.#sliceSize);
    for (const member of slice) this.#wake(member);
    this.#woken += slice.length;
    for (let [mark] = this.#marks; mark && mark.at <= this.#woken; [mark] = this.#marks) {
      this.#marks.shift();
      mark.then();
    }
    this.#isWaking = this.#queue.length > 0;
    if (this.#isWaking) setImmediate(() => this.#slice());
  }
}
