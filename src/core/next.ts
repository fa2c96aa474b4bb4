/** One batch as a promise, for whoever reads the tail from within the process. */
import { ROWS_DEFAULT } from "./limits.js";
import { type Batch, EMPTY } from "./log.js";
import type { NextOptions, Place, Reader } from "./reader.js";

interface Entrance {
  enter(reader: Reader, waitMs: number): Place;
}

/** The longest that a timer can take. */
const HOLD_MS = 2 ** 31 - 1;

/**
 * Resolves with the next rows, or with an empty batch on timeout, abort and close. Rejects with TypeError for rooms or
 * a cursor that cannot be: such a reader would wait in silence.
 */
export function nextBatch(
  tail: Entrance,
  rooms: readonly string[],
  after: number,
  options: NextOptions,
): Promise<Batch> {
  const { signal, limit = ROWS_DEFAULT } = options;
  return new Promise((resolve, reject) => {
    checkPlace(rooms, after);
    if (signal?.aborted) {
      resolve(EMPTY);
      return;
    }
    const off = () => {
      clearInterval(hold);
      signal?.removeEventListener("abort", place.release);
    };
    const wake = (batch: Batch) => {
      off();
      resolve(batch);
    };
    const fail = (error: unknown) => {
      off();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const place = tail.enter({ rooms, after, limit, wake, fail }, options.waitMs);
    // Who waits here has no socket, and the bell's own timer lets the process end: a script that only follows would
    // be over before the first row.
    const hold = setInterval(() => {}, HOLD_MS);
    signal?.addEventListener("abort", place.release);
  });
}

function checkPlace(rooms: unknown, after: unknown): void {
  if (
    !Array.isArray(rooms) ||
    rooms.length === 0 ||
    Array.from(rooms).some((room) => typeof room !== "string")
  )
    throw new TypeError("The rooms must be an array of at least one name");
  if (!Number.isSafeInteger(after) || Number(after) < 0)
    throw new TypeError("The cursor must be a message's id, or 0 for all there are");
}
