/** Waits until a server has nothing left to do. */
import { setTimeout as sleep } from "node:timers/promises";

const WINDOW_MS = 10;
const QUIET_WINDOWS = 3;
/** A server that keeps a timer uses a few hundredths of a core while nothing happens. */
const QUIET_SHARE = 0.1;
const SETTLE_MS_MAX = 20_000;

/**
 * Resolves with the server's CPU once it has stopped growing: a fixed sleep would be too short for one peer, and count
 * the idle time of another.
 * @param {{ cpuNs(): number }} server
 */
export async function settled(server) {
  const until = performance.now() + SETTLE_MS_MAX;
  let cpuNs = server.cpuNs();
  let at = performance.now();
  for (let quiet = 0; quiet < QUIET_WINDOWS; ) {
    await sleep(WINDOW_MS);
    const now = performance.now();
    const cpuNowNs = server.cpuNs();
    quiet = cpuNowNs - cpuNs < (now - at) * 1e6 * QUIET_SHARE ? quiet + 1 : 0;
    cpuNs = cpuNowNs;
    at = now;
    if (now > until) throw new Error("The server did not become quiet within 20 s");
  }
  return cpuNs;
}
