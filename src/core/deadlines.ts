/** Deadlines for many waiters with few timers: those that end in the same tenth of a second share one. */
import { Crowd, type CrowdPlace } from "./crowd.js";

const SLOT_MS = 100;
/** The longest that a timer can take, 24 days: a longer one would go off at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** A timer object for each of 20,000 parked polls would cost more than the polls; 45 s of slots are 450 timers. */
export class Deadlines<T> {
  readonly #slots = new Map<number, Crowd<T>>();
  readonly #onDue: (member: T) => void;

  constructor(onDue: (member: T) => void) {
    this.#onDue = onDue;
  }

  /**
   * Calls `onDue` once, unless the place that is returned was left before: no later than `waitMs` from now and at most
   * one slot earlier, but not before the next slot ends. Null, and never, when `waitMs` is more than a timer can take.
   */
  add(member: T, waitMs: number): CrowdPlace<T> | null {
    if (!(waitMs <= TIMER_MS_MAX)) return null;
    const nowMs = performance.now();
    const key = Math.max(Math.floor((nowMs + waitMs) / SLOT_MS), Math.floor(nowMs / SLOT_MS) + 1);
    const slot = this.#slots.get(key) ?? this.#open(key, key * SLOT_MS - nowMs);
    return slot.enter(member);
  }

  #open(key: number, delayMs: number): Crowd<T> {
    const slot = new Crowd<T>(() => {
      clearTimeout(timer);
      if (this.#slots.get(key) === slot) this.#slots.delete(key);
    });
    const timer = setTimeout(() => {
      // First, so that whoever is added from here on gets a timer that is still to come.
      this.#slots.delete(key);
      for (const place of slot.places()) if (place.leave()) this.#onDue(place.member);
    }, delayMs);
    this.#slots.set(key, slot);
    return slot;
  }
}
