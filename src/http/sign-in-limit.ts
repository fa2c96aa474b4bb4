/** How often new names may be taken from one address. Whoever only changes a name is not counted. */
import type { IncomingMessage } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import { type Limits, SIGN_INS_WINDOW_S } from "../core/limits.js";
import { type Rates, within } from "../core/rates.js";
import type { Addresses } from "./address.js";
import { seconds } from "./send-limits.js";

export class SignInLimit {
  readonly #rates: Rates;
  readonly #max: number;
  readonly #addresses: Addresses;

  constructor(rates: Rates, { signInsPerAddressMax }: Limits, addresses: Addresses) {
    this.#rates = rates;
    this.#max = signInsPerAddressMax;
    this.#addresses = addresses;
  }

  /** Rejects with `too_many_signins`, which says when to try again, or as `signIn` does, and then counts nothing. */
  within<T>(req: IncomingMessage, signIn: () => Promise<T>): Promise<T> {
    const address = Number.isFinite(this.#max) ? this.#addresses.countedOf(req) : null;
    if (address === null) return signIn();
    const limit = {
      key: `sign-ins by address ${address}`,
      max: this.#max,
      windowS: SIGN_INS_WINDOW_S,
      refusal: (waitS: number) =>
        new ParkbenchError(
          "too_many_signins",
          `Too many people have signed in from your address just now. Try again in ${seconds(waitS)}.`,
          { retryAfterS: waitS },
        ),
    };
    return within(this.#rates, [limit], signIn);
  }
}
