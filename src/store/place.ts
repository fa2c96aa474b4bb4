/** The place of the database file: made if missing, with a clear text when it will not do, and watched afterwards. */
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { ParkbenchError } from "../core/errors.js";
import { flushFolder, flushMade } from "./flush.js";

/**
 * Makes the folder and an empty file that only this user can read (SQLite gives -wal and -shm the same mode). Gives what
 * tells the file from any other that may take its place.
 */
export function prepare(path: string): BigIntStats {
  prepareFolder(path);
  refuseLeftover(path);
  create(path);
  const stat = statSync(path, { bigint: true });
  if (stat.isDirectory()) throw unfit(`${path} is a folder`, "DATABASE_URL must name a file in it.");
  if (!stat.isFile()) throw unfit(`${path} is not a regular file`, "Set DATABASE_URL to another path.");
  usable(path, constants.R_OK | constants.W_OK, `The database ${path} cannot be read and written`);
  return stat;
}

/** Makes the folder of a database when there is none. */
export function prepareFolder(path: string): void {
  const folder = dirname(path);
  try {
    const made = mkdirSync(folder, { recursive: true });
    // SQLite flushes the folder of its files, but not that folder's own name: a power cut after the first start took
    // everything with it.
    if (made !== undefined) flushMade(folder, made);
  } catch (error) {
    throw unfit(
      `The folder ${folder} for the database cannot be made`,
      "Make it, or set DATABASE_URL to another path.",
      error,
    );
  }
  usable(folder, constants.W_OK | constants.X_OK, `The folder ${folder} of the database cannot be written`);
}

/**
 * A question that is answered by two `stat`s: are the open database and its -wal still the files at their paths? A
 * process whose file was deleted or replaced goes on writing into nothing, and its acknowledgements vanish.
 */
export function watch(path: string, opened: BigIntStats): () => boolean {
  const wal = walOf(path);
  const openedWal = statSync(wal, { bigint: true });
  return () => isAt(path, opened) && isAt(wal, openedWal);
}

/** Whether that file is still the one at this path. */
export function isAt(path: string, file: BigIntStats): boolean {
  return isSame(statSync(path, { bigint: true, throwIfNoEntry: false }), file);
}

/** SQLite keeps it beside the file that a symbolic link leads to. */
export function walOf(path: string): string {
  return `${existsSync(path) ? realpathSync(path) : path}-wal`;
}

function isSame(a: BigIntStats | undefined, b: BigIntStats): boolean {
  return a !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** SQLite deletes a -wal that it finds beside an empty file: messages that were acknowledged, perhaps the only copy. */
function refuseLeftover(path: string): void {
  const wal = walOf(path);
  // The -wal first: another process that starts now writes the file before it writes a -wal.
  const waiting = statSync(wal, { throwIfNoEntry: false })?.size ?? 0;
  if (waiting === 0 || (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) return;
  throw unfit(
    `The database ${path} is empty or gone, but ${wal} beside it still holds ${waiting} bytes of it`,
    "Put the database file back, or move the -wal away to begin anew.",
  );
}

/**
 * Never opens a file that is there: closing it again would drop the locks that another connection of this process has
 * on it (POSIX locks belong to the process), and the -wal could be deleted under that connection.
 */
function create(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
    flushFolder(dirname(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    if (error instanceof Error && "code" in error && error.code === "ENOSPC")
      throw new ParkbenchError(
        "storage_full",
        `The disk is full: the database ${path} cannot be made. Make room and start again.`,
        { cause: error },
      );
    throw unfit(`The database ${path} cannot be made`, "Set DATABASE_URL to another path.", error);
  }
}

function usable(path: string, mode: number, what: string): void {
  try {
    accessSync(path, mode);
  } catch (error) {
    throw unfit(
      what,
      "Give this user the right to read and write it, or set DATABASE_URL to another path.",
      error,
    );
  }
}

export function unfit(what: string, remedy: string, cause?: unknown): ParkbenchError {
  const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new ParkbenchError("storage_failed", `${what}${why}. ${remedy}`, { cause });
}
