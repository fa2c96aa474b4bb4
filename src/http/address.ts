/** The address a request comes from, through as many proxies as are trusted. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import ipaddr from "ipaddr.js";
import proxyaddr from "proxy-addr";

/** Of one IPv6 subscriber: who has one address has all of its /64. */
const IPV6_PREFIX_BITS = 64;

/** How a connection's own address is counted. */
const COUNTED = Symbol("counted");

const KNOWN_MAX = 20_000;
/** The longest that an address with a port can have; a header can have anything. */
const ADDRESS_CHARS_MAX = 53;
/** Whoever a trusted proxy names by what is no address: counted together, or to be named so would be a way round limits. */
const UNREADABLE = "unreadable";
const GONE = "gone";

interface Known {
  [COUNTED]?: string | null;
}

export class Addresses {
  readonly #trust: (address: string, hop: number) => boolean;
  readonly #trustsNobody: boolean;
  /** Behind a proxy every request names its address anew, and parsing one of IPv6 costs 20 us (measured). */
  readonly #counted = new Map<string, string | null>();

  /** A number of hops, or addresses and ranges of proxies. X-Forwarded-For of anybody else is not believed. */
  constructor(trustProxy: number | readonly string[]) {
    this.#trustsNobody = trustProxy === 0 || (typeof trustProxy !== "number" && trustProxy.length === 0);
    this.#trust =
      typeof trustProxy === "number"
        ? (_address, hop) => hop < trustProxy
        : proxyaddr.compile([...trustProxy]);
  }

  get trustsProxy(): boolean {
    return !this.#trustsNobody;
  }

  of(req: IncomingMessage): string {
    const { remoteAddress } = req.socket;
    if (remoteAddress === undefined) return GONE;
    return this.#trustsNobody ? remoteAddress : proxyaddr(req, this.#trust);
  }

  /**
   * What limits and bans count: an IPv4 address, an IPv6 /64. Null for a loopback peer while no proxy is trusted: it may
   * be a proxy that nobody told us of, with everybody behind it. Found out once for a connection, where that is all that
   * counts: crowds poll again within moments.
   */
  countedOf(req: IncomingMessage): string | null {
    if (!this.#trustsNobody) return this.counted(this.of(req));
    const socket: Socket & Known = req.socket;
    const known = socket[COUNTED];
    if (known !== undefined) return known;
    const counted = this.counted(this.of(req));
    socket[COUNTED] = counted;
    return counted;
  }

  /** The same for an address that `of` gave. */
  counted(address: string): string | null {
    const known = this.#counted.get(address);
    if (known !== undefined) return known;
    const counted = this.#trustsNobody ? directForm(address) : forwardedForm(address);
    if (this.#counted.size >= KNOWN_MAX) this.#counted.clear();
    if (address.length <= ADDRESS_CHARS_MAX) this.#counted.set(address, counted);
    return counted;
  }
}

function directForm(address: string): string | null {
  const form = countedForm(address);
  return form !== null && isLoopback(form) ? null : form;
}

function forwardedForm(address: string): string | null {
  return address === GONE ? null : (countedForm(address) ?? UNREADABLE);
}

/** An address as it is counted, or null for what is no address. Some proxies (Azure's, IIS) name the port, too. */
export function countedForm(given: string): string | null {
  const address = given.replace(PORT, "$1$2");
  // Most are this, and parsing costs more than asking.
  if (/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(address) && ipaddr.IPv4.isValidFourPartDecimal(address))
    return address;
  const [bare = ""] = address.split("%");
  if (!ipaddr.IPv6.isValid(bare)) return null;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${bare}/${IPV6_PREFIX_BITS}`).toString()}/${IPV6_PREFIX_BITS}`;
}

/** With brackets of an IPv6 address, which tell its end from its port. */
const PORT = /^(?:\[([0-9a-fA-F:.%]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5})$/;

/** Of an address as it is counted. */
export function isLoopback(counted: string): boolean {
  return counted.startsWith("127.") || counted === "::/64";
}
