/** What a store that cannot do something says to the person who asked, whatever database is under it. */
import { type ErrorCode, ParkbenchError } from "../core/errors.js";

/** What a person who asked is told. The cause goes to the diagnostics, never into these texts. */
const TEXTS = {
  storage_busy: "The server's database is busy just now. Try again in a moment.",
  storage_full: "The server's disk is full: nothing can be stored now. Try again later.",
  storage_lost: "The server has lost its database and is stopping. Try again in a moment.",
  storage_failed: "The server could not use its database. Try again in a moment.",
  closed: "The server is stopping. Try again in a moment.",
} as const satisfies Partial<Record<ErrorCode, string>>;

export function refuse(code: keyof typeof TEXTS, cause?: unknown): ParkbenchError {
  return new ParkbenchError(code, TEXTS[code], cause === undefined ? undefined : { cause });
}
