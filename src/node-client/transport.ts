/** What a transport is: it brings answers from the cursor on until its turn is over. */
import type { Answer } from "./answer.js";
import type { Http } from "./http.js";

/** What the reading gives a transport for one turn. */
export interface Line {
  readonly http: Http;
  /** Where to go on; null: with the newest page. */
  readonly since: string | null;
  /** `/poll`, `/events` or `/ws`, with the cursor, the rooms and who we are. */
  address(path: string, params?: Readonly<Record<string, string>>): URL;
  /** Takes what has come. Nothing more is to be read until it resolves: the program's loop may be behind. */
  take(answer: Answer): Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Resolves at an orderly end, with the time in ms after which to come back. Rejects with a `ChatError` where something was in
 * the way. Leaves nothing open in either case.
 */
export type Transport = (line: Line) => Promise<number>;

/** A proxy that holds a stream back, or lets an upgrade through and nothing after it, shows in this time. */
export const FIRST_FRAME_MS = 5000;

/** The server says something every 15 s, on a WebSocket an empty batch: two of them may be late. */
export const SILENCE_MS = 40_000;
