/** Takes a SQLite database for itself, to replace it: nobody has it open, and nobody can open it until it is let go. */
import { rmSync, statSync } from "node:fs";
import { ParkbenchError } from "../core/errors.js";
import { type Connection, only } from "./connection.js";
import { noRoom } from "./copy-sqlite.js";
import { anotherProgram } from "./migrate.js";
import { isOurs } from "./migrate-sqlite.js";
import { patiently } from "./patience.js";
import { connectSqlite } from "./sqlite.js";
import { explainStart, isBusy, isFull, sqliteCode } from "./sqlite-errors.js";
import { lookAt } from "./stale-wal.js";

export interface Taken {
  readonly epoch: string | null;
  /** The highest id that each table has given. */
  readonly ids: ReadonlyMap<string, number>;
  /** Whether its ids could be read. */
  readonly isKnown: boolean;
  /** Lets go of the lock. */
  free(): void;
}

/** There is nothing to lock: no database, or none that can be read. */
const NOTHING: Taken = { epoch: null, ids: new Map(), isKnown: false, free() {} };

/**
 * Afterwards all of the database is in its one file. Rejects when somebody has it open, and when that cannot be told
 * (a damaged database) unless `isStopped` says that nobody has.
 */
export async function takeOver(path: string, isStopped: boolean): Promise<Taken> {
  // SQLite would delete a -wal beside an empty file, which may be the only copy of something.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return NOTHING;
  if (lookAt(path) !== "whole") {
    if (isStopped) return NOTHING;
    throw untold(path);
  }
  let db: Connection | undefined;
  try {
    const taken = connectSqlite(path);
    db = taken;
    await patiently(() => lock(taken, path));
    return read(taken);
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw inUse(path, error);
    // Not even its own -wal could be played into it.
    if (isFull(error)) throw noRoom(path, error);
    if (!/^SQLITE_(NOTADB|CORRUPT|IOERR)/.test(sqliteCode(error))) throw explainStart(path, error);
    if (isStopped) return NOTHING;
    throw untold(path, error);
  }
}

/**
 * Whoever has a database in WAL mode open holds a lock on its file all the time. In this mode SQLite asks for the
 * exclusive one before it reads anything, and keeps it until the end: refused, somebody has it open, be it idle; a
 * process that was killed has no lock any more.
 */
function lock(db: Connection, path: string): void {
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  db.exec("PRAGMA synchronous = FULL");
  const tables = only(db.prepare("SELECT count(*) FROM sqlite_schema").get());
  if (tables !== 0 && !isOurs(db)) throw anotherProgram(path);
  // Plays the -wal into the file and removes it.
  db.prepare("PRAGMA journal_mode = DELETE").get();
  // A file that was not in WAL mode is locked by a write alone.
  db.exec("BEGIN EXCLUSIVE; COMMIT");
  // In this mode SQLite keeps its journal open, emptied, and would delete it when it closes: by its name, which may be
  // a new server's by then. This lets go of it.
  db.prepare("PRAGMA journal_mode = MEMORY").get();
  rmSync(`${path}-journal`, { force: true });
}

function read(db: Connection): Taken {
  const free = () => void db.close();
  if (!isOurs(db)) return { ...NOTHING, free };
  const rows = db.prepare("SELECT name, seq FROM sqlite_sequence").all() as { name: string; seq: number }[];
  const epoch = String(only(db.prepare("SELECT epoch FROM log").get()));
  return { epoch, ids: new Map(rows.map(({ name, seq }) => [name, seq])), isKnown: true, free };
}

function inUse(path: string, cause: unknown): ParkbenchError {
  return new ParkbenchError(
    "storage_busy",
    `A server, or another program, has the database ${path} open. Stop it and restore again; nothing was changed.`,
    { cause },
  );
}

function untold(path: string, cause?: unknown): ParkbenchError {
  return new ParkbenchError(
    "storage_failed",
    `The database ${path} is damaged, or has another one's -wal beside it, so that nobody can tell whether a server has it open. Stop the server, and say so with --stopped; nothing was changed.`,
    { cause },
  );
}
