/** Rates that another process counts for many, and this one by itself while that one gives no answer. */
import type { Logger } from "./logger.js";
import type { Rate, Rates, UsedUp } from "./rates.js";

/** A send waits no longer for being counted. */
const ANSWER_MS = 1000;
/** Nobody is asked again for as long after one that did not answer: sends would wait, and questions pile up. */
const AGAIN_MS = 1000;

/** Never rejects because of the other process: a limit must not make an outage of its own. */
export class InsuredRates implements Rates {
  readonly #shared: Rates;
  readonly #own: Rates;
  readonly #logger: Logger;
  /** What this process has counted by itself: to be given back here, or the others would have one to spare. */
  readonly #ownTaken = new WeakSet<readonly Rate[]>();
  #againMs = 0;
  #isAlone = false;

  /** `shared` rejects when it cannot count. */
  constructor(shared: Rates, own: Rates, logger: Logger) {
    this.#shared = shared;
    this.#own = own;
    this.#logger = logger;
  }

  async take(rates: readonly Rate[]): Promise<UsedUp | null> {
    if (performance.now() >= this.#againMs) {
      const asked = Promise.resolve().then(() => this.#shared.take(rates));
      try {
        const usedUp = await this.#inTime(asked);
        this.#isAlone = false;
        return usedUp;
      } catch (error) {
        this.#say(error);
        // What was counted too late is counted here by now. In a slow room it would be in the way for hours.
        if (error === LATE)
          asked.then((usedUp) => (usedUp ? undefined : this.#shared.giveBack(rates))).catch(() => {});
      }
    }
    this.#ownTaken.add(rates);
    return this.#own.take(rates);
  }

  async giveBack(rates: readonly Rate[]): Promise<void> {
    if (this.#ownTaken.has(rates)) return this.#own.giveBack(rates);
    try {
      await this.#inTime(Promise.resolve().then(() => this.#shared.giveBack(rates)));
    } catch (error) {
      this.#say(error);
    }
  }

  async #inTime<T>(asked: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#againMs = performance.now() + AGAIN_MS;
        reject(LATE);
      }, ANSWER_MS);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Once for each time that it begins. */
  #say(error: unknown): void {
    if (!this.#isAlone)
      this.#logger.warn(
        { err: error },
        "what is limited per address and session is counted by this process alone for now",
      );
    this.#isAlone = true;
  }
}

const LATE = new Error(`no answer within ${ANSWER_MS} ms`);
