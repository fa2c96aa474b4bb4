/** Says now and then how far a walk over a table is. */

const TELL_MS = 2000;

export type Tell = (line: string) => void;

export class Progress {
  readonly #what: string;
  readonly #of: number;
  readonly #tell: Tell;
  #at = 0;
  #toldAt = performance.now();

  constructor(what: string, of: number, tell: Tell) {
    this.#what = what;
    this.#of = of;
    this.#tell = tell;
  }

  step(): void {
    this.#at += 1;
    if (this.#at % 1000 !== 0 || performance.now() - this.#toldAt < TELL_MS) return;
    this.#toldAt = performance.now();
    this.#tell(`${this.#what}: ${this.#at} of ${this.#of}`);
  }
}
