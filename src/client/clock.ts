/** The time in ms, and how long to pause. */
export function now(): number {
  return Number(new Date());
}

/** Full jitter, so that a server that is back is not met by everybody at once. */
export function pause(failures: number): number {
  return 100 + Math.random() * Math.min(30000, 500 * Math.pow(2, failures));
}
