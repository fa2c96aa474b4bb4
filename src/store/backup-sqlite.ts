/** Backs a SQLite database up while servers run: into one whole file, or not at all. */
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ParkbenchError } from "../core/errors.js";
import { checkCopy, copySqlite, factsOf, type LogFacts, refuseForeign } from "./copy-sqlite.js";
import { flushFile, flushFolder } from "./flush.js";
import { patiently } from "./patience.js";
import { connectSqlite } from "./sqlite.js";
import { explainStart } from "./sqlite-errors.js";
import { refuseMixture } from "./stale-wal.js";

export interface BackupOptions {
  /** The absolute path of the database. */
  readonly path: string;
  /** The absolute path of the copy. */
  readonly to: string;
  /** Whether a file that is there may be replaced. */
  readonly isForced: boolean;
}

/** Resolves when the copy is on the disk under its name. Rejects with a ParkbenchError for the person who asked. */
export async function backupSqlite({
  path,
  to,
  isForced,
}: BackupOptions): Promise<LogFacts & { bytes: number }> {
  if (!existsSync(path))
    throw refusal(`There is no database ${path}. Set DATABASE_URL to the one that is to be copied.`);
  refuseTarget(path, to, isForced);
  refuseMixture(path);
  const draft = `${to}.${process.pid}.new`;
  try {
    const source = await copyOut(path, draft);
    const copied = checkCopy(draft, source);
    flushFile(draft);
    renameSync(draft, to);
    flushFolder(dirname(to));
    return copied;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives what the database said before the copy was begun. */
async function copyOut(path: string, draft: string): Promise<LogFacts> {
  let db: ReturnType<typeof connectSqlite> | undefined;
  try {
    const source = connectSqlite(path);
    db = source;
    const before = await patiently(() => {
      refuseForeign(source, path);
      return factsOf(source);
    });
    await copySqlite(source, draft);
    return before;
  } catch (error) {
    throw explainStart(path, error);
  } finally {
    db?.close();
  }
}

function refuseTarget(path: string, to: string, isForced: boolean): void {
  const folder = dirname(to);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw refusal(`The folder ${folder} is not there. Make it, or name another place for the copy.`);
  const there = statSync(to, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isFile()) throw refusal(`${to} is not a regular file. Name another place for the copy.`);
  const own = [path, `${path}-wal`, `${path}-shm`, `${path}.secret`];
  const isOwn = own.some((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat?.ino === there.ino && stat.dev === there.dev;
  });
  if (isOwn) throw refusal(`${to} is the database itself, or a part of it. Name another place for the copy.`);
  if (!isForced) throw refusal(`${to} is there already. Name another file, or replace it with --force.`);
}

function refusal(text: string): ParkbenchError {
  return new ParkbenchError("storage_failed", text);
}
