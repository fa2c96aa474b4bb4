/** How much of everything: the figures of the wire format. */

/** Longest park: haproxy's defaults cut at 50 s, nginx's and varnish's at 60 s (measured). */
export const WAIT_S_MAX = 45;

export const TEXT_CODE_POINTS_MAX = 4000;
export const NAME_CODE_POINTS_MAX = 40;
export const TITLE_CODE_POINTS_MAX = 80;
/** For `data` of kinds that a host sends, as JSON. */
export const DATA_BYTES_MAX = 8 * 1024;
export const DATA_LEVELS_MAX = 100;

/** A request's body, after percent-decoding. */
export const BODY_BYTES_MAX = 16 * 1024;

export const ROWS_DEFAULT = 100;
export const ROWS_MAX = 500;
export const ROOMS_PER_POLL_MAX = 50;
