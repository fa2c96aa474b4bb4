/** A signal that aborts with another, or by itself when nothing has come for too long. */
import { ChatError } from "./errors.js";

export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #abort = () => this.#controller.abort(this.#outer.reason);
  #timer: NodeJS.Timeout | undefined;

  constructor(outer: AbortSignal, ms: number) {
    this.#outer = outer;
    if (outer.aborted) this.#abort();
    else outer.addEventListener("abort", this.#abort, { once: true });
    this.renew(ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something has come: from now on so long. */
  renew(ms: number): void {
    this.pause();
    if (this.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new ChatError(0, "silent", `Nothing came for ${Math.round(ms / 1000)} s.`));
    }, ms);
  }

  /** While our own reader is behind, nobody else is late. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** Must be called at the end: a timer would hold the process, a listener the memory. */
  clear(): void {
    this.pause();
    this.#outer.removeEventListener("abort", this.#abort);
  }
}

/** Resolves after the time, or at once when the signal aborts: the caller looks at the signal. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

const BASE_MS = 1000;
const MOST_MS = 30_000;

/** Full jitter: after `failures` in a row anything between nothing and a bound that doubles. */
export function backoffMs(failures: number): number {
  return Math.random() * Math.min(MOST_MS, BASE_MS * 2 ** Math.max(0, failures - 1));
}
