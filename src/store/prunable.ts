/** Which of the oldest messages one batch removes: those that are old, and no more than is quickly done. */
import type { UserId } from "../core/message.js";

/** One batch is in the way of sends for some 9 ms on SQLite, its flush included (measured on a busy machine). */
export const ROWS_MAX = 200;
/** Pages of a long text are freed one by one. */
const BYTES_MAX = 1_048_576;

export type PrunableRow = readonly [
  id: number,
  room: string,
  at: number,
  authorId: UserId | null,
  authorName: string,
  nonce: string | null,
  bytes: number,
];

/** How many of the first rows are old: up to the last old one before the first that is not. */
export function countOld(rows: readonly PrunableRow[], before: number, now: number): number {
  const youngAt = rows.findIndex(([, , at]) => at >= before && at <= now);
  const first = youngAt === -1 ? rows : rows.slice(0, youngAt);
  return first.findLastIndex(([, , at]) => at < before) + 1;
}

/** The first rows that are not too much for one transaction; one at least. */
export function light(rows: readonly PrunableRow[]): readonly PrunableRow[] {
  let bytes = 0;
  const tooMuch = rows.findIndex(([, , , , , , weight]) => {
    bytes += weight;
    return bytes > BYTES_MAX;
  });
  return tooMuch === -1 ? rows : rows.slice(0, Math.max(tooMuch, 1));
}
