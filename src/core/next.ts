/** One batch as a promise, or all of them in turn, for whoever reads the tail from within the process. */
import { ROWS_DEFAULT } from "./limits.js";
import { type Batch, EMPTY } from "./log.js";
import type { FollowOptions, NextOptions, Place, Reader } from "./reader.js";
import { turn } from "./turn.js";

interface Entrance {
  enter(reader: Reader, waitMs: number): Place;
}

interface Following {
  readonly isClosed: boolean;
  next(rooms: readonly string[], after: number, options: NextOptions): Promise<Batch>;
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
      signal?.removeEventListener("abort", release);
    };
    const wake = (batch: Batch) => {
      off();
      resolve(batch);
    };
    const fail = (error: unknown) => {
      off();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const release = () => place.release();
    // Who waits here has no socket, and the bell's own timer lets the process end: a script that only follows would
    // be over before the first row.
    const hold = setInterval(() => {}, HOLD_MS);
    signal?.addEventListener("abort", release);
    const place = tail.enter({ rooms, after, limit, wake, fail }, options.waitMs);
  });
}

/** One after the other, until the signal aborts or the tail closes. What `gap` says is missing is said once. */
export async function* allBatches(
  tail: Following,
  rooms: readonly string[],
  after: number,
  options: FollowOptions,
): AsyncGenerator<Batch, void> {
  let cursor = after;
  let told = 0;
  while (!tail.isClosed && !options.signal?.aborted) {
    const batch = await tail.next(rooms, cursor, { ...options, waitMs: Number.POSITIVE_INFINITY });
    const last = batch.messages.at(-1)?.id ?? batch.gap;
    if (last === undefined) continue;
    cursor = last;
    yield withoutGap(batch, told);
    told = Math.max(told, batch.gap ?? 0);
    // A store may answer within the turn: a long log would otherwise be read in one go, with nothing in between.
    if (batch.more) await turn();
  }
}

/** Where one room has lost more than another, several batches are from below what is gone: it is said once. */
function withoutGap(batch: Batch, told: number): Batch {
  const { messages, more, gap } = batch;
  return gap !== undefined && gap <= told ? { messages, more } : batch;
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
