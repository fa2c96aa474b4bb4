/** Deadlines for many waiters with few timers: those that end in the same tenth of a second share one. */

const SLOT_MS = 100;
/** The longest that a timer can take, 24 days: a longer one would go off at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

interface Slot<T> {
  readonly members: Set<T>;
  readonly timer: NodeJS.Timeout;
}

/** A timer object for each of 20,000 parked polls would cost more than the polls; 45 s of slots are 450 timers. */
export class Deadlines<T> {
  readonly #slots = new Map<number, Slot<T>>();
  readonly #onDue: (member: T) => void;

  constructor(onDue: (member: T) => void) {
    this.#onDue = onDue;
  }

  /**
   * Calls `onDue` once unless cancelled: no later than `waitMs` from now and at most one slot earlier, but not before
   * the next slot ends. Never when `waitMs` is more than a timer can take.
   */
  add(member: T, waitMs: number): () => void {
    if (!(waitMs <= TIMER_MS_MAX)) return () => {};
    const nowMs = performance.now();
    const key = Math.max(Math.floor((nowMs + waitMs) / SLOT_MS), Math.floor(nowMs / SLOT_MS) + 1);
    const slot = this.#slots.get(key) ?? this.#open(key, key * SLOT_MS - nowMs);
    slot.members.add(member);
    return () => {
      slot.members.delete(member);
      if (slot.members.size > 0 || this.#slots.get(key) !== slot) return;
      clearTimeout(slot.timer);
      this.#slots.delete(key);
    };
  }

  #open(key: number, delayMs: number): Slot<T> {
    const members = new Set<T>();
    const timer = setTimeout(() => {
      this.#slots.delete(key);
      for (const member of members) this.#onDue(member);
    }, delayMs);
    const slot = { members, timer };
    this.#slots.set(key, slot);
    return slot;
  }
}
