/** How long a run takes, roughly, said before it begins: what a round of each peer takes on two cores. */
import { isDear } from "./servers/dear.js";

/** Seconds for one peer in one round; `dear` where it is another number, `once` for what is done before the first. */
const SECONDS = {
  full: {
    "fan-out": { each: 24, dear: 18 },
    memory: { each: 16, dear: 10 },
    "steady-chat": { each: 10 },
    "small-rooms": { each: 85 },
    isolation: { each: 24 },
    "durable-sends": { each: 12 },
    "catch-up": { each: 18 },
    "long-log": { each: 30, once: 35 },
    "append-postgres": { each: 10, once: 5 },
    workers: { each: 34 },
    "wake-across": { each: 20 },
  },
  quick: {
    "fan-out": { each: 10, dear: 10 },
    memory: { each: 11 },
    "steady-chat": { each: 6 },
    "small-rooms": { each: 14 },
    isolation: { each: 12 },
    "durable-sends": { each: 4 },
    "catch-up": { each: 7 },
    "long-log": { each: 10, once: 3 },
    "append-postgres": { each: 4, once: 5 },
    workers: { each: 20 },
    "wake-across": { each: 10 },
  },
};

/**
 * @param {readonly { name: string, peers: readonly string[], rounds: number }[]} plan
 * @param {boolean} quick
 */
export function expectedS(plan, quick) {
  const seconds = quick ? SECONDS.quick : SECONDS.full;
  return plan.reduce((sum, { name, peers, rounds }) => {
    const { each, dear = each, once = 0 } = seconds[name];
    return sum + once + rounds * peers.reduce((all, peer) => all + (isDear(peer) ? dear : each), 0);
  }, 0);
}

/** `about 3 minutes`; less than one is said in seconds. */
export function durationText(s) {
  if (s < 60) return `${Math.max(10, Math.round(s / 10) * 10)} seconds`;
  const minutes = Math.round(s / 60);
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
}
