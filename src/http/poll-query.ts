/** What a poll says in its address, and in its Prefer header. */
import type { IncomingMessage } from "node:http";
import { WAIT_S_MAX } from "../core/limits.js";
import { type Reading, readingIn } from "./reading.js";
import { type Fields, numberIn, queryOf } from "./request.js";

export interface PollAsked extends Reading {
  readonly waitS: number;
  /** The wait that a Prefer header asked for and got, in seconds. */
  readonly preferred: number | null;
}

/** Throws what `readingIn` throws, and `bad_wait`. */
export function pollIn(
  { headers }: Pick<IncomingMessage, "headers">,
  query: Fields,
  waitDefaultS: number,
): PollAsked {
  const wait = numberIn(query, "wait", "bad_wait");
  const preferred = wait === null ? preferredWait(headers.prefer) : null;
  const { since, rooms, limit, client, echo } = readingIn(query);
  return {
    since,
    rooms,
    limit,
    client,
    echo,
    waitS: Math.min(wait ?? preferred ?? waitDefaultS, WAIT_S_MAX),
    preferred: preferred === null ? null : Math.min(preferred, WAIT_S_MAX),
  };
}

const ADDRESSES_MAX = 100;
/** Longer ones name many rooms, or somebody has blown them up. */
const ADDRESS_CHARS_MAX = 200;
/** As our own clients begin: with a key of theirs, and a number that no cache has seen. */
const OWN = /^\/poll\?client=([A-Za-z0-9_-]{1,32})(?:&_=[0-9]{1,15})?&/;

/**
 * What polls without a Prefer header ask for, by their address. After a message all its readers come back with the same one,
 * but for a beginning of its own: taking it apart each time was some 7 % of what they cost (measured).
 */
export class PollAddresses {
  readonly #asked = new Map<string, PollAsked>();
  readonly #waitDefaultS: number;

  constructor(waitDefaultS: number) {
    this.#waitDefaultS = waitDefaultS;
  }

  /** Throws what `pollIn` throws. */
  of(req: IncomingMessage): PollAsked {
    const { url = "" } = req;
    const own = OWN.exec(url);
    const shared = own ? `/poll?${url.slice(own[0].length)}` : url;
    const asked = this.#asked.get(shared) ?? this.#take(req, shared);
    if (!own) return asked;
    // Given twice: what is wrong with it is found where it is looked at whole.
    if (asked.client !== null) return pollIn(req, queryOf(req), this.#waitDefaultS);
    return { ...asked, client: own[1] ?? null };
  }

  #take({ headers }: IncomingMessage, url: string): PollAsked {
    const asked = pollIn({ headers }, queryOf({ url }), this.#waitDefaultS);
    // Nobody else comes with the address of one client.
    if (asked.client !== null || url.length > ADDRESS_CHARS_MAX) return asked;
    if (this.#asked.size >= ADDRESSES_MAX) this.#asked.clear();
    this.#asked.set(url, asked);
    return asked;
  }
}

/** RFC 7240: an unusable preference is ignored, never an error. */
function preferredWait(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  const match = /(?:^|,)\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:[;,]|$)/i.exec(String(header));
  return match ? Number(match[1]) : null;
}
