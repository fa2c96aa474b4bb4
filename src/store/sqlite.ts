/** Opens a SQLite database as a Store. The only importer of better-sqlite3. */
import { type BigIntStats, existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { Counts } from "../core/counts.js";
import { ParkbenchError } from "../core/errors.js";
import { LIMITS } from "../core/limits.js";
import type { Store } from "../core/store.js";
import { Bell } from "./bell.js";
import { type Connection, only } from "./connection.js";
import { SqliteControl } from "./control-sqlite.js";
import { lasting } from "./lasting.js";
import { SqliteMessageLog } from "./messages-sqlite.js";
import { readMigrations } from "./migrate.js";
import { migrateSqlite, missingSteps } from "./migrate-sqlite.js";
import { SqliteModeration } from "./moderation-sqlite.js";
import { refuseMoved } from "./moved-away.js";
import { patiently } from "./patience.js";
import { isAt, prepare, watch } from "./place.js";
import { Reader } from "./reader.js";
import { SqliteRetention } from "./retention-sqlite.js";
import { SqliteRooms } from "./rooms-sqlite.js";
import { SqliteSessions } from "./sessions-sqlite.js";
import { damaged, explainStart, lost } from "./sqlite-errors.js";
import { SqliteUsers } from "./users-sqlite.js";
import { Writer } from "./writer.js";

/** Both `src/store` and `dist/store` lie two levels below the package. */
export const MIGRATIONS = new URL("../../migrations/sqlite/", import.meta.url);

/** SQLite's own wait for a lock sleeps on the event loop, so it is short; `patience.ts` waits the rest. */
const BUSY_TIMEOUT_MS = 5;

/** Processes that start together wait for the first one's migration. */
const START_MS = 10_000;

/** Larger files would hold a start up for many seconds (7 s per GB); their backups are where to look. */
const CHECKED_BYTES_MAX = 256 * 1_048_576;

const PRAGMAS = [
  // Said by every connection: the driver is compiled so that an existing WAL database opens with NORMAL, and a power cut
  // then takes acknowledged messages with it.
  "synchronous = FULL",
  // A removed text is overwritten with zeros, not only let go of.
  "secure_delete = ON",
  "foreign_keys = ON",
  "journal_size_limit = 16777216",
  "wal_autocheckpoint = 1000",
  "trusted_schema = OFF",
  "cell_size_check = ON",
];

/** A write that nobody reads. Always another value: SQLite writes nothing when a row stays what it is. */
const CHECK = "UPDATE log SET checked_at = max(checked_at + 1, ?)";

export interface SqliteOptions {
  /** The absolute path of the file. */
  readonly path: string;
  /** Called once when the file was deleted or replaced under the open store; the error's text names it. */
  readonly onLost?: ((error: Error) => void) | undefined;
  readonly now?: (() => number) | undefined;
  /** Of the text in one batch, about. */
  readonly answerBytesMax?: number | undefined;
}

/** Rejects with a ParkbenchError whose text says what is wrong with the file and what to do. */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const { path } = options;
  const file = prepare(path);
  let db: Connection | undefined;
  try {
    db = lasting(new Database(path, { timeout: BUSY_TIMEOUT_MS }));
    await setUp(db, path, file);
    return assemble(db, watch(path, file), options);
  } catch (error) {
    db?.close();
    throw explainStart(path, error);
  }
}

/** A connection to a file that is there, without the settings: for who copies it. Throws the driver's errors. */
export function connectSqlite(path: string, { isReadonly = false } = {}): Connection {
  return lasting(new Database(path, { timeout: BUSY_TIMEOUT_MS, fileMustExist: true, readonly: isReadonly }));
}

async function setUp(db: Connection, path: string, file: BigIntStats): Promise<void> {
  const inTime = <T>(job: () => T) => patiently(job, START_MS);
  const known = readMigrations(MIGRATIONS);
  // Before anything is changed: a database of another program stays as it is.
  await inTime(() => missingSteps(db, known, path));
  // A restore holds its lock until another file is in place. The -wal of this one would be played into that.
  if (!isAt(path, file)) throw lost(path);
  await inTime(() => refuseMoved(db, path));
  await inTime(() => switchToWal(db, path));
  for (const pragma of PRAGMAS) await inTime(() => db.exec(`PRAGMA ${pragma}`));
  await inTime(() => migrateSqlite(db, known, path));
  // A damaged page deep in the file otherwise shows when somebody reads it, long after it could be told apart.
  const isSmall = statSync(path).size <= CHECKED_BYTES_MAX;
  if (isSmall && only(db.prepare("PRAGMA quick_check(1)").get()) !== "ok") throw damaged(path);
  // A full disk lets a start read: only a write tells.
  await inTime(() => db.prepare(CHECK).run(Date.now()));
}

/** Asked first, because the busy timeout does not apply to the switch: of 6 processes at once, some were refused. */
function switchToWal(db: Connection, path: string): void {
  if (only(db.prepare("PRAGMA journal_mode").get()) === "wal") return;
  if (only(db.prepare("PRAGMA journal_mode = WAL").get()) === "wal") return;
  throw new ParkbenchError(
    "storage_failed",
    `The file system of ${path} has no shared memory for SQLite's WAL (a network folder?). Put the database on a local disk.`,
  );
}

function assemble(
  db: Connection,
  isInPlace: () => boolean,
  { path, onLost, now = Date.now, answerBytesMax = LIMITS.answerBytesMax }: SqliteOptions,
): Store {
  const version = db.prepare("PRAGMA data_version");
  const bell = new Bell(() => only(version.get()));
  const reader = new Reader(db);
  const counts = new Counts();
  const writer = new Writer({
    db,
    counts,
    isInPlace,
    ring: () => bell.ring(),
    onLost: () => onLost?.(lost(path)),
  });
  const check = db.prepare(CHECK);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      reader.close();
      bell.close();
      await writer.close();
      checkpoint(db, path);
      db.close();
    })();
    return closing;
  };
  return {
    log: new SqliteMessageLog({ db, reader, writer, bell, counts, now, answerBytesMax, close }),
    rooms: new SqliteRooms(db, reader, writer),
    users: new SqliteUsers(db, reader, writer, now),
    sessions: new SqliteSessions(db, reader, writer, now),
    control: new SqliteControl(db, reader, writer),
    counts,
    retention: new SqliteRetention(db, reader, writer, now),
    moderation: new SqliteModeration({ db, reader, writer, now }),
    check: async () => {
      await writer.write(() => check.run(Date.now()));
    },
    look: () => writer.look(),
    close,
  };
}

/**
 * PASSIVE moves what it can without waiting, into the open file: who has moved that away meanwhile has all of it.
 * TRUNCATE leaves a small file when this was the last process. It also empties a -wal that lies beside another file by
 * now, which SQLite would play into that one (a restored backup came back as what it had replaced).
 */
function checkpoint(db: Connection, path: string): void {
  try {
    db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    // Beside no file, the -wal may hold the only copy of something.
    if (existsSync(path)) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // A full disk, or readers elsewhere: the -wal stays, and the next start reads it.
  }
}
