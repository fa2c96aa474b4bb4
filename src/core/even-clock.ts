/** Whether the host's clock can be believed: it has gone evenly for an hour. */

const EVEN_MS = 60 * 60_000;
const UNEVEN_MS = 60_000;

/** A clock that is years ahead for a moment makes every message old. A machine that has slept looks the same, and waits, too. */
export class EvenClock {
  /** How far the host's clock is from the one that cannot be set. */
  #offsetMs = Number.NaN;
  #sinceMs = 0;

  /** To be asked regularly: what happens between two questions and is undone is not seen. */
  isEven(): boolean {
    const nowMs = performance.now();
    const offsetMs = Date.now() - nowMs;
    if (!(Math.abs(offsetMs - this.#offsetMs) <= UNEVEN_MS)) this.#sinceMs = nowMs;
    this.#offsetMs = offsetMs;
    return nowMs - this.#sinceMs >= EVEN_MS;
  }
}
