/** Lets something go on for a while after it was needed last: whoever was answered comes back in moments. */

export class Linger {
  readonly #lingerMs: number;
  readonly #onOver: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(lingerMs: number, onOver: () => void) {
    this.#lingerMs = lingerMs;
    this.#onOver = onOver;
  }

  /** Or begins anew. Without a time to linger it is over before this returns. */
  begin(): void {
    if (this.#lingerMs === 0) this.#onOver();
    else if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#end(), this.#lingerMs).unref();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #end(): void {
    this.#timer = null;
    this.#onOver();
  }
}
