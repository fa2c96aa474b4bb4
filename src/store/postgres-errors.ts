/** What PostgreSQL's error codes mean to the person who asked. */
import { ParkbenchError } from "../core/errors.js";
import { refuse } from "./refuse.js";

/** SQLSTATE, a code of Node's, or "". */
export function postgresCode(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** The values of a row are at fault (classes 22 and 23, an index that cannot hold it, somebody's own trigger), not the database. */
export function isOwnFault(error: unknown): boolean {
  return /^(22|23|54000|P0001)/.test(postgresCode(causeOf(error)));
}

/** The connection was lost, or could not be made: the database may be starting, or another one taking over. */
export function isConnecting(error: unknown): boolean {
  const cause = causeOf(error);
  if (/^(08|57P|E[A-Z]+$|EAI_AGAIN)/.test(postgresCode(cause))) return true;
  return (
    cause instanceof Error &&
    /^Connection terminated|^timeout exceeded when trying to connect|^timeout expired|not queryable$/.test(
      cause.message,
    )
  );
}

/** The attempt at a connection has itself been waited for. */
export function isLate(error: unknown): boolean {
  const cause = causeOf(error);
  return (
    cause instanceof Error &&
    /^timeout expired|due to connection timeout$|^timeout exceeded/.test(cause.message)
  );
}

/** Nothing can be asked on this connection any more. */
export function isBroken(error: unknown): boolean {
  return isConnecting(error) || distrusts(error);
}

/** No answer, or a server that has become read only: older connections lead to the same place. */
export function distrusts(error: unknown): boolean {
  const cause = causeOf(error);
  return (
    postgresCode(cause) === "25006" || (cause instanceof Error && cause.message === "Query read timeout")
  );
}

function causeOf(error: unknown): unknown {
  return error instanceof ParkbenchError ? error.cause : error;
}

/** PgBouncer's answer to settings that it does not know. */
export function isRefusedSetting(error: unknown): boolean {
  return postgresCode(error) === "08P01" && error instanceof Error && /startup parameter/.test(error.message);
}

export function asPostgresRefusal(error: unknown): unknown {
  if (error instanceof ParkbenchError) return error;
  const code = postgresCode(error);
  if (code === "22021")
    return new ParkbenchError("bad_text", "The text holds a NUL. Send it without.", { cause: error });
  // Of all that is refused as full or busy it is known that nothing was stored.
  if (code === "53100") return refuse("storage_full", error);
  // Too many connections; a lock, or an end of the statement, did not come in time; a server that only stands by.
  if (/^(53300|55P03|57014|40|25006)/.test(code)) return refuse("storage_busy", error);
  if (error instanceof Error && error.message.startsWith("timeout exceeded when trying to connect"))
    return refuse("storage_busy", error);
  return refuse("storage_failed", error);
}

/** An error while the database is opened, in words that say what to do. Never the address's password. */
export function explainStart(database: string, error: unknown): ParkbenchError {
  if (error instanceof ParkbenchError) return error;
  const code = postgresCode(error);
  const why = error instanceof Error ? error.message || code : String(error);
  const say = (text: string) => new ParkbenchError("storage_failed", `${text} (${why})`, { cause: error });
  const mistake = mistakeInAddress(database, "DATABASE_URL", error);
  if (mistake !== null) return say(mistake);
  if (code === "42501")
    return say(`The user of DATABASE_URL may not make tables in ${database}. Grant CREATE on its schema.`);
  if (code === "3F000")
    return say(`There is no schema of the search_path in ${database}. Make it: CREATE SCHEMA.`);
  if (code === "25006")
    return say(`The database ${database} can only be read. Set DATABASE_URL to the primary, not a standby.`);
  if (code === "53300")
    return say(`PostgreSQL at ${database} has no connection to spare. Raise its limit, or stop others.`);
  if (isConnecting(error))
    return say(`PostgreSQL at ${database} cannot be reached. Start it, or set DATABASE_URL to where it is.`);
  return say(`The database ${database} cannot be used.`);
}

/** What is wrong with the address that `setting` gives, and what to do; null when the error is not about that. */
export function mistakeInAddress(place: string, setting: string, error: unknown): string | null {
  const code = postgresCode(error);
  if (code === "28P01" || code === "28000")
    return `PostgreSQL at ${place} refuses the user or the password of ${setting}.`;
  if (code === "3D000") return `There is no database ${place}. Make it: createdb.`;
  if (!(error instanceof Error)) return null;
  // pg's own words for an address without a password tell nobody what to do; the places are libpq's.
  if (/^SASL: .*client password must be/.test(error.message))
    return `PostgreSQL at ${place} wants a password. Put it into the address, PGPASSWORD or ~/.pgpass.`;
  // Of `sslrootcert` and the like: a code of Node's, but nothing that is wrong with the network.
  if ("syscall" in error && error.syscall === "open") return `A file that ${setting} names cannot be read.`;
  return null;
}

/** For the operator of a running server. */
export function lost(database: string): ParkbenchError {
  return new ParkbenchError(
    "storage_lost",
    `The database ${database} has another log than the one that was opened (it was restored, or its epoch was changed). Start again.`,
  );
}
