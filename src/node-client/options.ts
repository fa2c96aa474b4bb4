/** What a program says to `connect`, checked. */
import { isCursor } from "./answer.js";
import type { TransportName } from "./ladder.js";
import { poller } from "./poll.js";
import { WAIT_S } from "./poll-wait.js";
import type { Hooks } from "./reading.js";
import { sse } from "./sse.js";
import type { Transport } from "./transport.js";
import { websocket } from "./websocket.js";

export interface ConnectOptions extends Hooks {
  /** Where the chat is mounted: `https://chat.school/`, `https://example.org/chat`. */
  readonly url: string | URL;
  /** Default `["lobby"]`. */
  readonly rooms?: readonly string[];
  /** A cursor, or `now` for the end of the log. Default: the newest page first. */
  readonly since?: string;
  /** Best first. Default `["websocket", "sse", "poll"]`; an empty list only sends. */
  readonly transports?: readonly TransportName[];
  /** Under which to send while nobody is signed in; it is not held. */
  readonly name?: string;
  /** Cookies of a session that is there already, as a request sends them. */
  readonly cookie?: string;
  /** With every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default true; false: no rows of the user who is signed in here. */
  readonly echo?: boolean;
  /** How long a poll is parked, 1 to 45 seconds. Default 25; shorter by itself where the network cuts it. */
  readonly waitS?: number;
  /** Closes the chat. */
  readonly signal?: AbortSignal;
}

const NAMES: readonly TransportName[] = ["websocket", "sse", "poll"];

/** Throws a `TypeError` that names what is wrong. */
export function checkOptions(options: ConnectOptions): {
  readonly base: URL;
  readonly rooms: readonly string[];
  readonly since: string | null;
  readonly ladder: readonly TransportName[];
  readonly transports: Readonly<Record<TransportName, Transport>>;
} {
  const { rooms = ["lobby"], since = null, transports = NAMES, waitS = WAIT_S } = options;
  if (rooms.length === 0) throw new TypeError("rooms: name at least one.");
  if (since !== null && since !== "now" && !isCursor(since))
    throw new TypeError('since: a cursor as `chat.cursor` gave it, or "now".');
  const unknown = transports.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`transports: there is no "${unknown}".`);
  if (!Number.isInteger(waitS) || waitS < 1 || waitS > 45) throw new TypeError("waitS: 1 to 45 seconds.");
  return {
    base: baseOf(options.url),
    rooms: [...rooms],
    since,
    ladder: [...transports],
    transports: { websocket, sse, poll: poller(waitS) },
  };
}

/** Everything lies below the mount, also when its address came without the last slash. */
function baseOf(address: string | URL): URL {
  const url = new URL(address);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new TypeError("url: must begin with http: or https:.");
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
