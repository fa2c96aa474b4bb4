/** One batch as a promise, for whoever reads the tail from within the process. */
import { ROWS_DEFAULT } from "./limits.js";
import { type Batch, EMPTY } from "./log.js";
import type { NextOptions, Place, Reader } from "./reader.js";

interface Entrance {
  enter(reader: Reader, waitMs: number): Place;
}

/** Resolves with the next rows, or with an empty batch on timeout, abort and close. */
export function nextBatch(
  tail: Entrance,
  rooms: readonly string[],
  after: number,
  options: NextOptions,
): Promise<Batch> {
  const { signal, limit = ROWS_DEFAULT } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      resolve(EMPTY);
      return;
    }
    const off = () => signal?.removeEventListener("abort", place.release);
    const wake = (batch: Batch) => {
      off();
      resolve(batch);
    };
    const fail = (error: unknown) => {
      off();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const place = tail.enter({ rooms, after, limit, wake, fail }, options.waitMs);
    signal?.addEventListener("abort", place.release);
  });
}
