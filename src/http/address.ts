/** The address a request comes from, through as many proxies as are trusted. */
import type { IncomingMessage } from "node:http";
import proxyaddr from "proxy-addr";

export class Addresses {
  readonly #trust: (address: string, hop: number) => boolean;

  /** A number of hops, or addresses and ranges of proxies. X-Forwarded-For of anybody else is not believed. */
  constructor(trustProxy: number | readonly string[]) {
    this.#trust =
      typeof trustProxy === "number"
        ? (_address, hop) => hop < trustProxy
        : proxyaddr.compile([...trustProxy]);
  }

  of(req: IncomingMessage): string {
    return req.socket.remoteAddress === undefined ? "gone" : proxyaddr(req, this.#trust);
  }
}
