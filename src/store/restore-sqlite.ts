/** Puts a backup in the place of a SQLite database: wholly or not at all, under a new epoch, the old one kept aside. */
import { randomBytes } from "node:crypto";
import { existsSync, realpathSync, rmSync, statSync } from "node:fs";
import { ParkbenchError } from "../core/errors.js";
import type { Connection } from "./connection.js";
import { checkCopy, copySqlite, factsOf, isSound, type LogFacts, noRoom } from "./copy-sqlite.js";
import { readMigrations } from "./migrate.js";
import { isOurs, missingSteps } from "./migrate-sqlite.js";
import { unmark } from "./moved-away.js";
import { patiently } from "./patience.js";
import { prepareFolder } from "./place.js";
import { replaceFile } from "./replace-file.js";
import { connectSqlite, MIGRATIONS } from "./sqlite.js";
import { explainStart, isFull, sqliteCode } from "./sqlite-errors.js";
import { takeOver } from "./take-over-sqlite.js";

export interface RestoreOptions {
  /** The absolute path of the database. */
  readonly path: string;
  /** The absolute path of the backup. It stays as it is. */
  readonly from: string;
  /** Somebody has made sure that nothing has the database open: believed only where that cannot be found out. */
  readonly isStopped: boolean;
}

export interface Restored extends LogFacts {
  /** Where the replaced database is now, if there was one. */
  readonly aside: string | null;
  /** Whether new ids are sure to be above all that the replaced database has given. */
  readonly isAbove: boolean;
}

/** Resolves when the backup is in place, on the disk. Rejects with a ParkbenchError for the person who asked. */
export async function restoreSqlite({ path: given, from, isStopped }: RestoreOptions): Promise<Restored> {
  prepareFolder(given);
  // The -wal lies beside the file that a symbolic link leads to.
  const path = existsSync(given) ? realpathSync(given) : given;
  refuseSource(from, path);
  const draft = `${path}.${process.pid}.restoring`;
  const old = await takeOver(path, isStopped);
  try {
    const backup = await copyIn(from, draft);
    const epoch = newEpoch([backup.epoch, old.epoch]);
    renew(draft, epoch, old.ids);
    const { rows, newest } = checkCopy(draft, { epoch, newest: backup.newest });
    return { epoch, rows, newest, aside: replaceFile(path, draft), isAbove: old.isKnown };
  } catch (error) {
    throw isFull(error) ? noRoom(draft, error) : error;
  } finally {
    rmSync(draft, { force: true });
    old.free();
  }
}

/** Checked before it is copied: what is copied out of a damaged file looks sound. */
async function copyIn(from: string, draft: string): Promise<LogFacts> {
  let db: Connection | undefined;
  try {
    const source = connectSqlite(from, { isReadonly: true });
    db = source;
    // Who knows where the file has been.
    for (const pragma of ["trusted_schema = OFF", "cell_size_check = ON"]) source.exec(`PRAGMA ${pragma}`);
    if (!(await patiently(() => isOurs(source)))) throw refusal(`${from} is not a backup of Parkbench.`);
    missingSteps(source, readMigrations(MIGRATIONS), from);
    if (!isSound(source)) throw damagedBackup(from);
    await copySqlite(source, draft);
    return factsOf(source);
  } catch (error) {
    throw explainSource(from, error);
  } finally {
    db?.close();
  }
}

/** Other than the last one's and the backup's own, so that every cursor of before is told. */
function newEpoch(used: readonly (string | null)[]): string {
  for (;;) {
    const epoch = randomBytes(3).toString("hex");
    if (!used.includes(epoch)) return epoch;
  }
}

/**
 * A new epoch ends all sessions. So their rows go, and nobody's name stays held by a session that is no more: people
 * could not sign in again under their own names for half an hour. No id is given again that somebody may have seen.
 */
function renew(draft: string, epoch: string, given: ReadonlyMap<string, number>): void {
  const db = connectSqlite(draft);
  try {
    db.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
    db.prepare("UPDATE log SET epoch = ?").run(epoch);
    unmark(db);
    db.exec("DELETE FROM sessions; UPDATE users SET seen_at = 0");
    // A code that was used since would be good again. Copies of before there were any have no such table.
    const holdsCodes = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'moderator_codes'").get();
    if (holdsCodes) db.exec("DELETE FROM moderator_codes");
    const raise = db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?");
    const add = db.prepare("INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)");
    for (const [table, id] of given)
      if (raise.run(BigInt(id), table).changes === 0) add.run(BigInt(id), table);
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}

function refuseSource(from: string, path: string): void {
  const stat = statSync(from, { throwIfNoEntry: false });
  if (stat === undefined) throw refusal(`There is no backup ${from}.`);
  if (!stat.isFile()) throw refusal(`${from} is not a regular file.`);
  if (existsSync(path) && realpathSync(from) === path)
    throw refusal(`${from} is the database itself, not a backup of it.`);
}

function explainSource(from: string, error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === "SQLITE_NOTADB") return refusal(`${from} is not a SQLite database.`, error);
  if (/^SQLITE_(CORRUPT|IOERR)/.test(code)) return damagedBackup(from, error);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(code))
    return refusal(`${from} cannot be read. Copy it to a folder that this user may read and write.`, error);
  return explainStart(from, error);
}

function damagedBackup(from: string, cause?: unknown): ParkbenchError {
  return refusal(`${from} is damaged. Take another backup.`, cause);
}

function refusal(text: string, cause?: unknown): ParkbenchError {
  return new ParkbenchError("storage_failed", `${text} Nothing was changed.`, { cause });
}
