/** How busy the process is, as a level: what is given up first, and when it is given again. */

/** 0: nothing is given up; 1: parks are short; 2: nobody is parked any more; 3: no sends are taken. */
export type LoadLevel = 0 | 1 | 2 | 3;

/** From which wait of a request for its turn on a level is reached, as times of `turnWaitMsMax`: by default turns of 100 ms, 250 ms and 1 s, end to end. */
const REACHED_AT = [1, 2.5, 10] as const;

/** A start, a collection, a machine that slept: each is one bad look. Overload is bad again at the next. */
const WORSE_LOOKS = 2;
/** What was given up is given again when this many looks in a row were better: else it would come and go each second. */
const BETTER_LOOKS = 5;

/** A park that was cut short comes back while the load is still looked at. */
const SHORT_S = 5;

export class Load {
  readonly #turnWaitMsMax: number;
  #level: LoadLevel = 0;
  /** What was seen last, newest first; no more than is asked about. */
  #looks: LoadLevel[] = [];

  /** `turnWaitMsMax` as in Limits. */
  constructor(turnWaitMsMax: number) {
    this.#turnWaitMsMax = turnWaitMsMax;
  }

  get level(): LoadLevel {
    return this.#level;
  }

  /** Whether somebody new may be parked. */
  get parks(): boolean {
    return this.level < 2;
  }

  get takesSends(): boolean {
    return this.level < 3;
  }

  /** How long a park may last that was to last `waitS`, in seconds. */
  shortened(waitS: number): number {
    return this.level === 0 ? waitS : Math.min(waitS, SHORT_S);
  }

  /** One look, about each second: how long a request that comes at any moment waits for its turn, in ms. */
  look(turnWaitMs: number): void {
    if (this.#turnWaitMsMax === 0) return;
    const seen = REACHED_AT.filter((times) => turnWaitMs >= times * this.#turnWaitMsMax).length as LoadLevel;
    this.#looks = [seen, ...this.#looks].slice(0, BETTER_LOOKS);
    const least = Math.min(...this.#looks.slice(0, WORSE_LOOKS));
    const most = Math.max(...this.#looks);
    // One after the other: 15,000 connections that are opened at once hold the loop for three seconds and are no overload.
    if (least > this.#level && this.#looks.length >= WORSE_LOOKS)
      this.#level = (this.#level + 1) as LoadLevel;
    else if (most < this.#level) this.#level = most as LoadLevel;
  }
}
