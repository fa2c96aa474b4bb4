/** The head of a request: no longer an address and no more headers than are taken. */
import type { IncomingMessage, Server } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";

export class HeadLimits {
  readonly #addressBytesMax: number;
  readonly #headersMax: number;

  constructor({ addressBytesMax, headersMax }: Limits) {
    this.#addressBytesMax = addressBytesMax;
    this.#headersMax = headersMax;
  }

  fits({ url = "", rawHeaders }: IncomingMessage): boolean {
    return url.length <= this.#addressBytesMax && rawHeaders.length <= 2 * this.#headersMax;
  }

  /** Throws `address_too_long` or `too_many_headers`: nothing that was sent is left out without a word. */
  check(req: IncomingMessage): void {
    if (this.fits(req)) return;
    if ((req.url ?? "").length > this.#addressBytesMax)
      throw new ParkbenchError(
        "address_too_long",
        `The address is longer than ${this.#addressBytesMax} bytes. Ask for less at once.`,
      );
    throw new ParkbenchError(
      "too_many_headers",
      `The request has more than ${this.#headersMax} headers. Send fewer.`,
    );
  }
}

/** Node would leave out the surplus without a word, a Content-Length maybe; the routes refuse it. The whole head has 16 KiB. */
export function passAllHeaders(server: Server): void {
  server.maxHeadersCount = 0;
}
