/** How much of everything: what whoever runs it can set, and the figures of the wire format. */

/**
 * What one server gives to one of its users, and to all. 0: no limit, but for `streamS`. Those per address count an IPv6
 * address by its /64, and pass over loopback peers while no proxy is trusted.
 */
export interface Limits {
  /** Parked requests and streams in one process. */
  readonly parkedMax: number;
  readonly parkedPerAddressMax: number;
  readonly parkedPerSessionMax: number;
  /** Messages stored in 10 seconds. */
  readonly sendsPerSessionMax: number;
  /** Messages stored in 10 seconds. */
  readonly sendsPerAddressMax: number;
  /** New sign-ins in a minute. */
  readonly signInsPerAddressMax: number;
  /** Rooms that one user has made. */
  readonly roomsPerUserMax: number;
  /** A request's body, and a WebSocket frame, after percent-decoding. */
  readonly bodyBytesMax: number;
  readonly headersMax: number;
  /** An address, its query included. */
  readonly addressBytesMax: number;
  /** Text of the rows of one answer or batch, about; one row always fits. */
  readonly answerBytesMax: number;
  /** How long a stream of events or a page's stream lives, in seconds; 1 at least, so that rights are asked again. */
  readonly streamS: number;
  /** Unread bytes of a stream or WebSocket after which nothing more is written to it; a socket's own buffer is the least. */
  readonly bufferBytesMax: number;
  /** How long a request waits for its turn on the event loop, on average, before less is taken, in ms. 0: always as much. */
  readonly turnWaitMsMax: number;
}

/** Sized for a school behind one address. */
export const LIMITS: Limits = {
  parkedMax: 50_000,
  parkedPerAddressMax: 1000,
  parkedPerSessionMax: 12,
  sendsPerSessionMax: 30,
  sendsPerAddressMax: 300,
  signInsPerAddressMax: 60,
  roomsPerUserMax: 20,
  bodyBytesMax: 16 * 1024,
  headersMax: 100,
  addressBytesMax: 8 * 1024,
  answerBytesMax: 1024 * 1024,
  streamS: 60,
  bufferBytesMax: 64 * 1024,
  turnWaitMsMax: 50,
};

/** The same to compare with: where there is no limit, nothing is above it. */
export function boundsOf(limits: Limits): Limits {
  const bounds = Object.entries(limits).map(([name, max]) => [
    name,
    max === 0 ? Number.POSITIVE_INFINITY : max,
  ]);
  return Object.fromEntries(bounds) as unknown as Limits;
}

export const SENDS_WINDOW_S = 10;
export const SIGN_INS_WINDOW_S = 60;
/** A day: longer, a room is closed rather than slow. */
export const SLOW_S_MAX = 86_400;

/** Longest park: haproxy's defaults cut at 50 s, nginx's and varnish's at 60 s (measured). */
export const WAIT_S_MAX = 45;

export const TEXT_CODE_POINTS_MAX = 4000;
export const NAME_CODE_POINTS_MAX = 40;
export const TITLE_CODE_POINTS_MAX = 80;
/** For `data` of kinds that a host sends, as JSON. */
export const DATA_BYTES_MAX = 8 * 1024;
export const DATA_LEVELS_MAX = 100;

export const ROWS_DEFAULT = 100;
export const ROWS_MAX = 500;
export const ROOMS_PER_POLL_MAX = 50;
