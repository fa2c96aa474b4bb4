/** Randomness that keeps many clients from doing the same thing at the same moment. */

/** Full, or released by a newer reader: come back, but not in a loop. */
const RETRY_MS = 1000;
/** After a stop all clients come back: spread over this, so that they do not come at once. */
const RETRY_SPREAD_MS = 3000;

/** Downward only, so that no proxy's limit is crossed; by up to a fifth, so that parks and streams do not end together. */
export function jittered(waitMs: number): number {
  return waitMs * (1 - Math.random() / 5);
}

/** Overloaded: as seldom as short parks would come back, and spread. */
const BUSY_MS = 2000;
const BUSY_SPREAD_MS = 6000;

/** When a reader that got nothing is to come back, in ms: at different moments when everybody is told at once. */
export function retryMs(spread: boolean): number {
  return spread ? Math.floor(Math.random() * RETRY_SPREAD_MS) : RETRY_MS;
}

/** For who is not parked because the server is overloaded. */
export function busyMs(): number {
  return BUSY_MS + Math.floor(Math.random() * BUSY_SPREAD_MS);
}

/** As above, for who is not to come back in a loop, nor at the same moment as others. */
export function laterMs(): number {
  return retryMs(false) + retryMs(true);
}
