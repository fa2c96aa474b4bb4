/** What stopped a move, in words that say what to do. Never the address's password. */
import { ParkbenchError } from "../core/errors.js";
import { isConnecting, mistakeInAddress, postgresCode } from "./postgres-errors.js";

export function explainMove(place: string, error: unknown): ParkbenchError {
  if (error instanceof ParkbenchError) return error;
  const code = postgresCode(error);
  const why = error instanceof Error ? error.message || code : String(error);
  const say = (text: string) => new ParkbenchError("storage_failed", `${text} (${why})`, { cause: error });
  const again = "What was copied stays: run this again, and it goes on from there.";
  const mistake = mistakeInAddress(place, "--to", error);
  if (mistake !== null) return say(mistake);
  if (code === "42501")
    return say(`The user of --to must be the one who makes the tables in ${place}, or who has made them.`);
  if (code === "53100") return say(`The disk of PostgreSQL at ${place} is full. Make room. ${again}`);
  if (isConnecting(error)) return say(`PostgreSQL at ${place} cannot be reached, or has ended. ${again}`);
  return say(`The move into PostgreSQL at ${place} has stopped. ${again}`);
}

/** `name` is that of `nameOfRow`. */
export function refusedRow(name: string, place: string, cause: unknown): ParkbenchError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ParkbenchError(
    "storage_failed",
    `PostgreSQL at ${place} does not take the row ${name}: ${why}. Mend or delete it in the SQLite database and run this again; it goes on where it was.`,
    { cause },
  );
}
