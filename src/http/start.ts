/** Where a reader starts: what its cursor means in this log, and the page it gets when it means nothing. */
import type { Awaitable } from "../core/awaitable.js";
import { type Cursor, parseCursor } from "../core/cursor.js";
import { ParkbenchError } from "../core/errors.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Tail } from "../core/tail.js";
import type { User } from "../core/user.js";
import type { ResetReason } from "./encode.js";
import { heardBy, type Reading } from "./reading.js";

/** A cursor, `now` for the end of the log, or null for the newest page. */
export type Since = Cursor | "now" | null;

/** Throws `bad_since`. */
export function parseSince(text: string | undefined): Since {
  if (text === undefined || text === "now") return text ?? null;
  const cursor = parseCursor(text);
  if (cursor) return cursor;
  throw new ParkbenchError(
    "bad_since",
    '"since" must be "now" or a cursor as an answer gave it in "next", like 1043-k7Qd. Leave it out for the newest messages.',
  );
}

/** The id that older messages are wanted from, or null for the newest. Throws `bad_before`. */
export function parseBefore(text: string | undefined): number | null {
  if (text === undefined) return null;
  const cursor = parseCursor(text);
  if (cursor) return cursor.id;
  throw new ParkbenchError("bad_before", '"before" must be the id of a message, like 1043.');
}

/** The id to read after, or why the newest page is due instead: with `reset` null none was asked for. */
export type Start = number | { readonly reset: ResetReason | null };

/** At once where the log need not be asked. Messages that have been removed are found by whoever reads from there on. */
export function startOf(
  since: Since,
  { log, tail }: { readonly log: MessageLog; readonly tail: Tail },
): Awaitable<Start> {
  if (since === null) return { reset: null };
  if (since === "now") return log.newest();
  if (since.epoch !== null && since.epoch !== log.epoch) return { reset: "epoch" };
  // What the tail has seen is in the log: a reader who is up to date costs no read.
  if (since.id <= tail.seen) return since.id;
  return log.newest().then((newest) => (since.id <= newest ? since.id : { reset: "ahead" }));
}

/**
 * Also whether messages behind the cursor have been removed, for a reader that is told of its place before it reads. Whom
 * the tail knows to be up to date costs no read.
 */
export async function startIn(
  { since, rooms }: Pick<Reading, "since" | "rooms">,
  parts: { readonly log: MessageLog; readonly tail: Tail },
): Promise<Start> {
  const start = await startOf(since, parts);
  if (typeof start !== "number" || since === "now" || parts.tail.isQuietFor(rooms, start)) return start;
  const { gap } = await parts.log.since(rooms, start, 1);
  return gap === undefined ? start : { reset: "gap" };
}

/**
 * The end of the log is read first: a row that lands in between is then in the page, or comes after `next`. With a gap
 * `next` is not below that end: one room's newest row may be older than what another has lost, and the gap for ever new.
 */
export async function newestPage(
  log: MessageLog,
  rooms: readonly string[],
  limit: number,
  { before = null, reset = null }: { before?: number | null; reset?: ResetReason | null } = {},
): Promise<{ readonly page: Batch; readonly next: number }> {
  const newest = await log.newest();
  const page = await log.before(rooms, before ?? Number.MAX_SAFE_INTEGER, limit);
  const last = page.messages.at(-1)?.id ?? newest;
  return { page, next: reset === "gap" ? Math.max(last, newest) : last };
}

/** What a reader that stays gets first. */
export interface First {
  /** The cursor before the first row that follows. */
  readonly after: number;
  /** The newest page, where it is due; its rows come now, and `next` is behind them. */
  readonly page: Batch | null;
  readonly next: number;
  readonly reset: ResetReason | null;
}

export async function firstOf(
  reading: Reading,
  user: User | null,
  parts: { readonly log: MessageLog; readonly tail: Tail },
): Promise<First> {
  const start = await startIn(reading, parts);
  if (typeof start === "number") return { after: start, page: null, next: start, reset: null };
  const { page, next } = await newestPage(parts.log, reading.rooms, reading.limit, start);
  const oldest = page.messages[0];
  return {
    after: oldest ? oldest.id - 1 : next,
    page: heardBy(page, user, reading.echo),
    next,
    reset: start.reset,
  };
}
