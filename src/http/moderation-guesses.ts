/** How often somebody may guess at a moderator's code. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { ParkbenchError } from "../core/errors.js";

const GUESSES_MAX = 5;
const PER_S = 60;

/** In this process: with 60 random bits in a code, a few processes more change nothing. */
export class Guesses {
  readonly #counts = new RateLimiterMemory({ points: GUESSES_MAX, duration: PER_S });

  /**
   * Runs `guess`, which is counted under each of the keys unless it was right. Rejects with `too_many_signins` after five
   * wrong ones in a minute, right or wrong as this one may be.
   */
  async count(keys: readonly string[], guess: () => Promise<boolean>): Promise<boolean> {
    // Before it is known how it ends: many at once must not all pass.
    for (const key of keys) await this.#counts.consume(key).catch(refuse);
    const isRight = await guess();
    if (isRight) for (const key of keys) await this.#counts.reward(key);
    return isRight;
  }
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason;
  throw new ParkbenchError(
    "too_many_signins",
    "Too many wrong codes have been typed from here. Wait a minute, then type yours again.",
    { retryAfterS: Math.ceil(reason.msBeforeNext / 1000) },
  );
}
