/** A whole copy of a SQLite database under another name: made while others write, and known to be good. */
import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { ParkbenchError } from "../core/errors.js";
import { type Connection, only } from "./connection.js";
import { readMigrations } from "./migrate.js";
import { missingSteps } from "./migrate-sqlite.js";
import { patiently } from "./patience.js";
import { connectSqlite, MIGRATIONS } from "./sqlite.js";
import { isFull, sqliteCode } from "./sqlite-errors.js";

/** What a log says of itself. */
export interface LogFacts {
  readonly epoch: string;
  /** How many messages are there. */
  readonly rows: number;
  /** The highest id ever given. */
  readonly newest: number;
}

/** Throws when the database is another program's, a newer version's, or one without any tables. */
export function refuseForeign(db: Connection, path: string): void {
  const known = readMigrations(MIGRATIONS);
  if (missingSteps(db, known, path).length < known.length) return;
  throw new ParkbenchError(
    "storage_failed",
    `The database ${path} is empty: no Parkbench has written to it.`,
  );
}

export function factsOf(db: Connection): LogFacts {
  const number = (sql: string) => Number(only(db.prepare(sql).get()));
  return {
    epoch: String(only(db.prepare("SELECT epoch FROM log").get())),
    rows: number("SELECT count(*) FROM messages"),
    newest: number("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'messages'"),
  };
}

export function isSound(db: Connection): boolean {
  return only(db.prepare("PRAGMA quick_check(1)").get()) === "ok";
}

/**
 * VACUUM INTO reads one moment of the database, in one go and without a lock that a writer would notice. (SQLite's
 * backup in small steps begins anew whenever another process writes: 1,127 times in 2 s, until that one stopped.)
 * The copy is mode 0600, in no -wal mode, not flushed yet; nothing is left of one that failed.
 */
export async function copySqlite(from: Connection, to: string): Promise<void> {
  try {
    // SQLite takes an empty file that is there, and keeps its mode.
    closeSync(openSync(to, "wx", 0o600));
  } catch (error) {
    throw unwritable(to, error);
  }
  try {
    await patiently(() => from.prepare("VACUUM INTO ?").run(to));
  } catch (error) {
    rmSync(to, { force: true });
    rmSync(`${to}-journal`, { force: true });
    throw isOfTarget(error) ? unwritable(to, error) : error;
  }
}

/** Reads a copy back. Throws when it is not what was read at its source, or later than that. */
export function checkCopy(
  path: string,
  source: Omit<LogFacts, "rows">,
): LogFacts & { readonly bytes: number } {
  let facts: LogFacts | null = null;
  let cause: unknown;
  const copy = connectSqlite(path, { isReadonly: true });
  try {
    if (isSound(copy)) facts = factsOf(copy);
  } catch (error) {
    cause = error;
  } finally {
    copy.close();
  }
  if (facts?.epoch === source.epoch && facts.newest >= source.newest)
    return { ...facts, bytes: statSync(path).size };
  throw new ParkbenchError(
    "storage_failed",
    `The copy at ${path} does not read back as it was written: the disk under it is failing. Use another one.`,
    { cause },
  );
}

/** For a program that has done nothing yet: what to do, and that it may be done again. */
export function noRoom(path: string, cause: unknown): ParkbenchError {
  return new ParkbenchError(
    "storage_full",
    `There is no room for ${path}: that disk is full. Make room and try again; nothing was changed.`,
    { cause },
  );
}

/** The source is read alone, so that whatever fails in writing is the copy's. */
function isOfTarget(error: unknown): boolean {
  const isRefused = /^SQLITE_(IOERR_(WRITE|FSYNC|TRUNCATE|CLOSE)|CANTOPEN|READONLY)/.test(sqliteCode(error));
  return isFull(error) || isRefused;
}

function unwritable(path: string, cause: unknown): ParkbenchError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (isFull(cause) || code === "ENOSPC") return noRoom(path, cause);
  return new ParkbenchError(
    "storage_failed",
    `The file ${path} cannot be written${code && ` (${code})`}. Nothing was changed.`,
    { cause },
  );
}
