/** Which transport is used now: the best that works here, remembered, and tried again after minutes. */
import type { ChatError } from "./errors.js";

export type TransportName = "websocket" | "sse" | "poll";

/** What ended a transport's turn. */
export interface Turn {
  /** The first real frame came: it works here. */
  readonly counted: boolean;
  /** So long it lived after that. */
  readonly livedMs: number;
}

/** A network that blocked something may have changed by then. */
const FORGET_MS = 10 * 60_000;
/** So many turns in a row that end before `SHORT_MS` are no accident. */
const STRIKES = 3;
const SHORT_MS = 10_000;

export class Ladder {
  readonly #rungs: readonly TransportName[];
  readonly #now: () => number;
  readonly #failedAt = new Map<TransportName, number>();
  #strikes = 0;
  /** The bottom has worked since something above it failed: so it was that, and not the way as a whole. */
  #isSure = false;

  /** Best first. `now` in ms. */
  constructor(rungs: readonly TransportName[], now: () => number = () => performance.now()) {
    this.#rungs = rungs;
    this.#now = now;
  }

  get current(): TransportName {
    const works = (name: TransportName) => {
      const failedAt = this.#failedAt.get(name);
      return failedAt === undefined || this.#now() - failedAt >= FORGET_MS;
    };
    return this.#rungs.find(works) ?? this.bottom;
  }

  get bottom(): TransportName {
    return this.#rungs[this.#rungs.length - 1] as TransportName;
  }

  /** It ended as it should. */
  ended(name: TransportName): void {
    this.#strikes = 0;
    this.#failedAt.delete(name);
    if (name === this.bottom) this.#isSure = true;
  }

  failed(name: TransportName, error: ChatError, turn: Turn): void {
    // No server, no verdict: it may be starting again. Nor where it says itself that it stops.
    if (error.code === "unreachable" || error.code === "closed") return;
    if (turn.counted && turn.livedMs >= SHORT_MS) this.#strikes = 0;
    this.#strikes += 1;
    const mayBeAccident = turn.counted || isPassing(error) || name === this.bottom;
    if (mayBeAccident && this.#strikes < STRIKES) return;
    this.#strikes = 0;
    if (name !== this.bottom) {
      this.#failedAt.set(name, this.#now());
      this.#isSure = false;
    } else if (!this.#isSure) {
      // Nothing works at all: that is not the transports, and all of them get a new chance.
      this.#failedAt.clear();
    }
  }
}

/** A server that ends, and a proxy whose server is away, look like this; one that lets the transport not through may too. */
function isPassing({ status, code }: ChatError): boolean {
  return status >= 500 || code === "cut";
}
