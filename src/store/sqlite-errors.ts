/** What SQLite's error codes mean: to the person who asked, and to the person who starts the program. */
import { type ErrorCode, ParkbenchError } from "../core/errors.js";
import { refuse } from "./refuse.js";

/** The driver's own code (`SQLITE_...`), or "" for any other error. */
export function sqliteCode(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code.startsWith("SQLITE_") ? code : "";
}

/** Somebody else has the lock for now. SQLITE_PROTOCOL is the same for the start of a read. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(sqliteCode(error));
}

/** The disk is full. SHMSIZE: there was no room even for the index of the WAL. */
export function isFull(error: unknown): boolean {
  return /^SQLITE_(FULL|IOERR_SHMSIZE)/.test(sqliteCode(error));
}

/** The statement or its values are at fault, not the database: trouble of one job, not of its neighbours. */
export function isOwnFault(error: unknown): boolean {
  return /^$|^SQLITE_(ERROR|CONSTRAINT|MISMATCH|TOOBIG|RANGE|MISUSE)/.test(sqliteCode(error));
}

/** An error of the driver as the store's callers see it; any other error is passed on as it is. */
export function asRefusal(error: unknown): unknown {
  if (sqliteCode(error) === "") return error;
  if (isBusy(error)) return refuse("storage_busy", error);
  return refuse(isFull(error) ? "storage_full" : "storage_failed", error);
}

/** An error while the database is opened, in words that say what to do. */
export function explainStart(path: string, error: unknown): ParkbenchError {
  if (error instanceof ParkbenchError) return error;
  const code = sqliteCode(error);
  const say = (text: string, as: ErrorCode = "storage_failed") =>
    new ParkbenchError(as, text, { cause: error });
  if (isBusy(error))
    return say(
      `The database ${path} is locked by another program. Stop that program, or wait and start again.`,
      "storage_busy",
    );
  if (isFull(error))
    return say(
      `The disk that holds the database ${path} is full. Make room and start again; nothing is lost.`,
      "storage_full",
    );
  if (code === "SQLITE_NOTADB")
    return say(
      `The file ${path} is not a SQLite database. Move it away, or set DATABASE_URL to another path.`,
    );
  if (/^SQLITE_(CORRUPT|IOERR_SHORT_READ)/.test(code)) return damaged(path, error);
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code))
    return say(
      `The database ${path} cannot be opened for writing. This user must be able to write the file, its -wal and -shm, and its folder.`,
    );
  if (/^SQLITE_IOERR/.test(code))
    return say(
      `The disk that holds the database ${path} fails (${code}). Look into the system's log; when it stays so, restore a backup onto another disk.`,
    );
  if (code === "" && isNotBuilt(error))
    return say(
      "The native part of better-sqlite3 is not built for this Node (install scripts were not run, or Node was changed). Run `npm rebuild better-sqlite3` and start again.",
    );
  return say(
    `The database ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
  );
}

export function damaged(path: string, cause?: unknown): ParkbenchError {
  return new ParkbenchError(
    "storage_failed",
    `The database ${path} is damaged (cut off, or changed by something other than SQLite). Restore a backup, or save what is left with \`sqlite3 ${path} .recover\`.`,
    { cause },
  );
}

/** For the operator of a running server. */
export function lost(path: string): ParkbenchError {
  return new ParkbenchError(
    "storage_lost",
    `The database ${path} (or its -wal) was deleted or replaced while it was in use. Put the right file in place and start again.`,
  );
}

/** `bindings` finds no compiled file, or the file was compiled for another version of Node. */
function isNotBuilt(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = "code" in error ? error.code : undefined;
  return code === "ERR_DLOPEN_FAILED" || /locate the bindings file|NODE_MODULE_VERSION/.test(error.message);
}
