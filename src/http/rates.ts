/** Rates counted in this process's memory. The only importer of rate-limiter-flexible. */
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Rate, Rates, UsedUp } from "../core/rates.js";

/**
 * A key lives as long as its window, and goes by a timer of its own: there are never more than messages and sign-ins
 * were stored in one window, whatever is refused meanwhile.
 */
export class MemoryRates implements Rates {
  /** By how many fit; there are as many as the program has limits. */
  readonly #limiters = new Map<number, RateLimiterAbstract>();

  async take(rates: readonly Rate[]): Promise<UsedUp | null> {
    for (const [at, rate] of rates.entries()) {
      const waitS = await this.#takeOne(rate);
      if (waitS === null) continue;
      await this.giveBack(rates.slice(0, at));
      return { at, waitS };
    }
    return null;
  }

  async giveBack(rates: readonly Rate[]): Promise<void> {
    for (const { key, max, windowS } of rates) {
      const limiter = this.#limiter(max);
      const counted = await limiter.get(key);
      // Its window may be over: a next one must not begin with one to spare.
      if (counted && counted.consumedPoints > 0 && counted.msBeforeNext > 0)
        await limiter.reward(key, 1, { customDuration: windowS });
    }
  }

  async #takeOne({ key, max, windowS }: Rate): Promise<number | null> {
    const limiter = this.#limiter(max);
    try {
      await limiter.consume(key, 1, { customDuration: windowS });
      return null;
    } catch (refused) {
      // Anything else is the limiter's own trouble.
      if (!(refused instanceof RateLimiterRes)) throw refused;
      // The limiter counts what it refuses, too: somebody who keeps trying would get nothing back of a send that failed.
      await limiter.reward(key, 1, { customDuration: windowS });
      return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    }
  }

  #limiter(max: number): RateLimiterAbstract {
    const known = this.#limiters.get(max);
    if (known) return known;
    const limiter = new RateLimiterMemory({ points: max, duration: 1 });
    this.#limiters.set(max, limiter);
    return limiter;
  }
}
