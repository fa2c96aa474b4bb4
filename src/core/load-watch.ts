/** Looks each second at how long requests wait for their turn on the event loop, and tells the load. */
import type { Load } from "./load.js";
import type { Logger } from "./logger.js";

const LOOK_MS = 1000;
/** Turns shorter than this are nobody's trouble, and the timer runs while nobody does anything: 0.2 % of a core (measured). */
const TURN_MS = 50;
/** A timer that comes no later than this has met an idle loop, which nobody waits for. */
const LATE_MS = 10;

/**
 * Returns how to stop. Keeps no process alive.
 *
 * A look is how long a request that comes at any moment waits for the turn to end, on average: half of each turn, weighed
 * by its length, as more requests come in a long one. A percentile of turns counts a long one like a short one: a pause of
 * 500 ms in an idle second moves p99 from 10 to 500 ms and this to 125, while turns of 250 ms with 100 ms between leave
 * the median at 10 (measured). Node's own histogram loses the turn in which it is reset, and so every other one of those
 * that last as long as a look.
 */
export function watchLoad(load: Load, logger: Logger): () => void {
  let endMs = performance.now();
  let turnsMs = 0;
  let squares = 0;
  const timer = setInterval(() => {
    const turnMs = performance.now() - endMs;
    endMs += turnMs;
    turnsMs += turnMs;
    if (turnMs > TURN_MS + LATE_MS) squares += turnMs * turnMs;
    if (turnsMs < LOOK_MS) return;
    tell(load, squares / (2 * turnsMs), logger);
    turnsMs = squares = 0;
  }, TURN_MS).unref();
  return () => clearInterval(timer);
}

function tell(load: Load, turnWaitMs: number, logger: Logger): void {
  const before = load.level;
  load.look(turnWaitMs);
  const { level } = load;
  if (level === before) return;
  const said = { load: level, before, turnWaitMs: Math.round(turnWaitMs) };
  if (level > before) logger.warn(said, "the server is overloaded: less is taken");
  else logger.info(said, "the server is less busy: more is taken again");
}
