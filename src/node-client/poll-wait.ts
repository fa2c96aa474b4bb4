/** How long a poll asks to be parked: shorter where somebody on the way does not wait that long, longer again in time. */
import type { ChatError } from "./errors.js";

export const WAIT_S = 25;
/** What comes later than the wait comes never: a connection that vanished gives no error. */
export const GRACE_MS = 10_000;

const WAIT_S_LEAST = 3;
/** A failure sooner than this was not the wait's. */
const PARKED_MS = 1000;
/** Two cuts at the same age are a clock's, whatever was asked for. */
const SAME_AGE_MS = 500;
/** A timer is late by this at most; what is later was asleep. */
const LATE_MS = 1000;
/** The network may be another by then. */
const GROW_MS = 10 * 60_000;

export class PollWait {
  readonly #mostS: number;
  readonly #now: () => number;
  #waitS: number;
  #lastCutMs = Number.NEGATIVE_INFINITY;
  /** A cut that may have been the wait's. The next poll is for an answer at once: a server that is away gives none. */
  #isSuspected = false;
  /** All polls since then have been answered. */
  #goodSince: number | null = null;

  /** `now` in ms. */
  constructor(mostS: number, now: () => number = () => performance.now()) {
    this.#mostS = mostS;
    this.#waitS = mostS;
    this.#now = now;
  }

  /** What the next poll is to ask for. */
  get nextS(): number {
    return this.#isSuspected ? 0 : this.#waitS;
  }

  /** Not in full: the server has no room just now, or stops, and says so at once whatever the wait. */
  answered({ inFull }: { readonly inFull: boolean }): void {
    const now = this.#now();
    this.#goodSince ??= now;
    const isShown = this.#isSuspected && inFull;
    this.#isSuspected = false;
    if (isShown) {
      this.#waitS = Math.max(Math.min(WAIT_S_LEAST, this.#waitS), Math.floor(this.#waitS / 2));
    } else if (now - this.#goodSince >= GROW_MS) {
      this.#waitS = Math.min(this.#mostS, this.#waitS * 2);
      this.#goodSince = now;
    }
  }

  /** After `ageMs`; `waitS` is what it had asked for. */
  failed(error: ChatError, waitS: number, ageMs: number): void {
    this.#goodSince = null;
    this.#isSuspected = false;
    if (waitS === 0 || error.isFinal || error.code === "unreachable") return;
    if (ageMs < PARKED_MS || ageMs > waitS * 1000 + GRACE_MS + LATE_MS) return;
    const isRepeated = Math.abs(ageMs - this.#lastCutMs) < SAME_AGE_MS;
    this.#lastCutMs = ageMs;
    this.#isSuspected = ageMs >= waitS * 500 || isRepeated;
  }
}
