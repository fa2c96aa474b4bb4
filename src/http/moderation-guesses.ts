/** How often somebody may guess at a moderator's code. */
import { ParkbenchError } from "../core/errors.js";
import { type Rates, within } from "../core/rates.js";

const GUESSES_MAX = 5;
const WINDOW_S = 60;

export class Guesses {
  readonly #rates: Rates;

  constructor(rates: Rates) {
    this.#rates = rates;
  }

  /**
   * Runs `guess`, which is counted under each of the keys unless it was right. Rejects with `too_many_signins` after five
   * wrong ones in a minute, right or wrong as this one may be.
   */
  async count(keys: readonly string[], guess: () => Promise<boolean>): Promise<boolean> {
    const limits = keys.map((key) => ({
      key: `guesses by ${key}`,
      max: GUESSES_MAX,
      windowS: WINDOW_S,
      refusal,
    }));
    // Taken before it is known how it ends: many at once must not all pass.
    return within(this.#rates, limits, guess, (isRight) => !isRight);
  }
}

function refusal(waitS: number): ParkbenchError {
  return new ParkbenchError(
    "too_many_signins",
    "Too many wrong codes have been typed from here. Wait a minute, then type yours again.",
    { retryAfterS: waitS },
  );
}
