/** Waits out another process's lock without blocking the event loop. */
import { setTimeout as pause } from "node:timers/promises";
import { isBusy } from "./sqlite-errors.js";

/** How long a read or write tries to get the lock before it says `storage_busy`. */
export const BUSY_MS = 2_000;

/**
 * 1 to 20 ms, at random: SQLite's own busy handler is unfair and sleeps on the event loop. With 5,000 ms of it, two of
 * four writing processes did one commit in 2 s; with this pause the four did equally many.
 */
export function busyPauseMs(): number {
  return 1 + Math.random() * 19;
}

/** Runs `job` until it is not refused for a lock, for at most `forMs`; any other error ends it at once. */
export async function patiently<T>(job: () => T, forMs = BUSY_MS): Promise<T> {
  const until = performance.now() + forMs;
  for (;;) {
    try {
      return job();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
    }
    await pause(busyPauseMs());
  }
}
