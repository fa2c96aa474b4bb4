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

export function roomTaken(name: string): ParkbenchError {
  return new ParkbenchError("room_taken", `There is a room "${name}" already.`);
}

export function tooManyRooms(perUserMax: number): ParkbenchError {
  return new ParkbenchError(
    "too_many_rooms",
    `You have made ${perUserMax} rooms, which is as many as one person may. Use one of those.`,
  );
}

export function nameTaken(): ParkbenchError {
  return new ParkbenchError("name_taken", "Somebody else has this name just now: take another one.");
}

export function notSignedIn(): ParkbenchError {
  return new ParkbenchError("not_signed_in", "You are not signed in any more: give your name again.");
}
