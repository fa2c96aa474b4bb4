/** What a reader says in its address, the same on every transport: from where, which rooms, how much. */
import { ParkbenchError } from "../core/errors.js";
import { ROOMS_PER_POLL_MAX } from "../core/limits.js";
import type { Batch } from "../core/log.js";
import { ROOM_NAME } from "../core/room.js";
import type { User } from "../core/user.js";
import { type Fields, limitIn, only } from "./request.js";
import { parseSince, type Since } from "./start.js";

export interface Reading {
  readonly since: Since;
  readonly rooms: readonly string[];
  readonly limit: number;
  /** The client's own key: a newer reader of the same session, else address, with it releases the older. */
  readonly client: string | null;
  /** Does the reader get what its own user wrote? */
  readonly echo: boolean;
}

/** Throws `bad_since`, `bad_room`, `bad_limit`, `bad_client` or `bad_echo`. */
export function readingIn(query: Fields): Reading {
  return {
    since: parseSince(only(query, "since", "bad_since")),
    rooms: roomsIn(query),
    limit: limitIn(query),
    client: clientIn(query),
    echo: echoIn(query),
  };
}

/** Throws `bad_client`. */
export function clientIn(query: Fields): string | null {
  const client = only(query, "client", "bad_client");
  if (client === undefined) return null;
  if (/^[A-Za-z0-9_-]{1,32}$/.test(client)) return client;
  throw new ParkbenchError("bad_client", '"client" must be 1 to 32 of letters, digits, "_" and "-".');
}

/**
 * The batch without the rows of the asking session's own user, for a reader that wants no echo. The same batch where
 * it holds none, so that it stays encoded once for all.
 */
export function heardBy(batch: Batch, user: User | null, echo: boolean): Batch {
  if (echo || !user || !batch.messages.some(({ from }) => from.id === user.id)) return batch;
  return { messages: batch.messages.filter(({ from }) => from.id !== user.id), more: batch.more };
}

/** The lists of one room each: what every parked reader holds is the same for all who are in that room. */
const alone = new Map<string, readonly string[]>();
const ALONE_MAX = 10_000;

function roomsIn(query: Fields): readonly string[] {
  const named = (query.get("room") ?? ["lobby"]) as readonly string[];
  const [first] = named;
  if (first !== undefined && named.length === 1) {
    const known = alone.get(first);
    if (known) return known;
    if (alone.size >= ALONE_MAX) alone.clear();
    if (ROOM_NAME.test(first)) alone.set(first, named);
  }
  const rooms = [...new Set(named)];
  if (rooms.length > ROOMS_PER_POLL_MAX)
    throw new ParkbenchError("bad_room", `At most ${ROOMS_PER_POLL_MAX} rooms at once.`);
  return rooms;
}

function echoIn(query: Fields): boolean {
  const echo = only(query, "echo", "bad_echo") ?? "1";
  if (echo === "0" || echo === "1") return echo === "1";
  throw new ParkbenchError("bad_echo", '"echo" must be 1 (everything) or 0 (not what you wrote yourself).');
}
