/** What was read moments ago, and is believed for a moment more. */

/**
 * Sooner when something says that it changed: what a control row may be about is cleared by every control row, and by
 * every write of this process.
 */
const CACHED_MS = 1000;
const CACHED_MAX = 30_000;
/** A key that somebody has blown up, as any header can be, is not kept. */
const KEY_MAX = 1000;

interface Held<T> {
  readonly value: T;
  readonly following: object;
  readonly untilMs: number;
}

export class TimedCache<T> {
  readonly #held = new Map<string, Held<T>>();
  readonly #following: () => object | null;
  #changes = 0;

  /**
   * `following`: the time in which control rows are heard without a gap, or null when they are not now. Nothing is believed
   * but what was kept in the same one.
   */
  constructor(following: () => object | null) {
    this.#following = following;
  }

  get(key: string): T | null {
    const held = this.#held.get(key);
    if (!held || held.untilMs <= performance.now()) return null;
    return held.following === this.#following() ? held.value : null;
  }

  /** What was read before `changes` moved must not be kept: it may have ended while it was read. */
  keep(key: string, value: T): void {
    const following = this.#following();
    if (!following || key.length > KEY_MAX) return;
    const nowMs = performance.now();
    // The oldest are first: a key that is there already goes to the end.
    this.#held.delete(key);
    for (const [oldest, { untilMs }] of this.#held) {
      if (untilMs > nowMs && this.#held.size < CACHED_MAX) break;
      this.#held.delete(oldest);
    }
    this.#held.set(key, { value, following, untilMs: nowMs + CACHED_MS });
  }

  /** How often everything was forgotten. */
  get changes(): number {
    return this.#changes;
  }

  clear(): void {
    this.#changes += 1;
    this.#held.clear();
  }
}
