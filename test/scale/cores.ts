/** The cores of a modelled machine: work waits until one is free, in the order in which it comes. */
import type { VirtualClock } from "./clock.js";

export class Cores {
  /** Of all cores together, since the beginning, with what still waits. */
  busyMs = 0;
  readonly #clock: VirtualClock;
  readonly #freeAtMs: number[];

  constructor(clock: VirtualClock, count: number) {
    this.#clock = clock;
    this.#freeAtMs = new Array(count).fill(0);
  }

  /** Takes a core for so long, as soon as there is one; returns in how many ms that will have been. */
  spend(us: number): number {
    const at = this.#freeAtMs.indexOf(Math.min(...this.#freeAtMs));
    const beginMs = Math.max(this.#clock.nowMs, this.#freeAtMs[at] ?? 0);
    this.#freeAtMs[at] = beginMs + us / 1000;
    this.busyMs += us / 1000;
    return beginMs + us / 1000 - this.#clock.nowMs;
  }
}
