/** What a poll says in its address, and in its Prefer header. */
import type { IncomingMessage } from "node:http";
import { WAIT_S_MAX } from "../core/limits.js";
import { type Reading, readingIn } from "./reading.js";
import { type Fields, numberIn } from "./request.js";

export interface PollAsked extends Reading {
  readonly waitS: number;
  /** The wait that a Prefer header asked for and got, in seconds. */
  readonly preferred: number | null;
}

/** Throws what `readingIn` throws, and `bad_wait`. */
export function pollIn({ headers }: IncomingMessage, query: Fields, waitDefaultS: number): PollAsked {
  const wait = numberIn(query, "wait", "bad_wait");
  const preferred = wait === null ? preferredWait(headers.prefer) : null;
  const { since, rooms, limit, client, echo } = readingIn(query);
  return {
    since,
    rooms,
    limit,
    client,
    echo,
    waitS: Math.min(wait ?? preferred ?? waitDefaultS, WAIT_S_MAX),
    preferred: preferred === null ? null : Math.min(preferred, WAIT_S_MAX),
  };
}

/** RFC 7240: an unusable preference is ignored, never an error. */
function preferredWait(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  const match = /(?:^|,)\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:[;,]|$)/i.exec(String(header));
  return match ? Number(match[1]) : null;
}
