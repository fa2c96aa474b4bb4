/** The SQLite database that a log moves out of: its rows in order, a few at a time, and nobody else at it. */
import { existsSync } from "node:fs";
import { ParkbenchError } from "../core/errors.js";
import { type Bound, type Connection, only } from "./connection.js";
import { anotherProgram, readMigrations } from "./migrate.js";
import { isOurs, migrateSqlite, missingSteps } from "./migrate-sqlite.js";
import { type Key, keyOf, type MovedRow, type Notes, rowOf } from "./move-row.js";
import { type MovedTable, sourceSql } from "./move-tables.js";
import { markMoved, movedTo } from "./moved-away.js";
import { patiently } from "./patience.js";
import { connectSqlite, MIGRATIONS } from "./sqlite.js";
import { explainStart, isBusy } from "./sqlite-errors.js";
import { refuseMixture } from "./stale-wal.js";

/** Of one read, in rows and in bytes; one row alone may be larger. */
const ROWS_MAX = 1000;
const BYTES_MAX = 4 * 1_048_576;

/** What the log says of itself, besides its rows. */
export interface SourceFacts {
  readonly epoch: string;
  /** The highest id that each table has ever given, as digits. */
  readonly given: ReadonlyMap<string, string>;
}

export class MoveSource {
  readonly #db: Connection;

  private constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * For itself alone, until it is closed; with `isShared` as one more reader beside a running server. Rejects with a
   * ParkbenchError for the person who asked.
   */
  static async open(path: string, isShared: boolean): Promise<MoveSource> {
    if (!existsSync(path))
      throw refusal(`There is no database ${path}. Say with --from which one is to move.`);
    refuseMixture(path);
    let db: Connection | undefined;
    try {
      const opened = connectSqlite(path);
      db = opened;
      await patiently(() => {
        if (!isShared) opened.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL");
        if (!isOurs(opened)) throw anotherProgram(path);
        // In WAL mode the read has locked out everybody; a file that is in no such mode is locked by a write alone.
        if (!isShared) opened.exec("BEGIN EXCLUSIVE; COMMIT");
      });
      bringUpToDate(opened, path, isShared);
      return new MoveSource(opened);
    } catch (error) {
      db?.close();
      if (isBusy(error) && !isShared) throw inUse(path, error);
      throw explainStart(path, error);
    }
  }

  /** Where it has moved to, by an earlier run; null: nowhere. */
  get movedTo(): string | null {
    return movedTo(this.#db);
  }

  facts(): SourceFacts {
    const given = this.#db.prepare("SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence").all();
    return {
      epoch: String(only(this.#db.prepare("SELECT epoch FROM log").get())),
      given: new Map((given as { name: string; seq: string }[]).map(({ name, seq }) => [name, seq])),
    };
  }

  count({ name }: MovedTable): number {
    return Number(only(this.#db.prepare(`SELECT count(*) FROM ${name}`).get()));
  }

  /** Gives the next rows at each call; none at the end. What cannot be kept is noted. */
  rows(table: MovedTable, notes: Notes): () => Promise<readonly MovedRow[]> {
    let last: Key | null = null;
    return async () => {
      for (;;) {
        const page: readonly (readonly unknown[])[] = await patiently(() => this.#page(table, last));
        const end = page.at(-1);
        if (!end) return [];
        last = keyOf(table, end);
        const rows = page.flatMap((values) => rowOf(table, values, notes) ?? []);
        if (rows.length > 0) return rows;
      }
    };
  }

  /** From here on nobody writes to it or serves it. On the disk when it returns. */
  markMoved(place: string): void {
    markMoved(this.#db, place);
  }

  close(): void {
    this.#db.close();
  }

  #page(table: MovedTable, last: Key | null): unknown[][] {
    const sql = sourceSql(table, last === null);
    const after: readonly Bound[] = last ?? [];
    const weights = this.#db
      .prepare(sql.weights)
      .raw()
      .all(...after, BigInt(ROWS_MAX)) as [number][];
    let [count, bytes] = [0, 0];
    for (const [weight] of weights) {
      bytes += weight;
      if (count > 0 && bytes > BYTES_MAX) break;
      count += 1;
    }
    return this.#db
      .prepare(sql.rows)
      .raw()
      .all(...after, BigInt(count)) as unknown[][];
  }
}

/** Beside a running server of an older version the schema stays as that knows it. */
function bringUpToDate(db: Connection, path: string, isShared: boolean): void {
  const known = readMigrations(MIGRATIONS);
  if (!isShared) migrateSqlite(db, known, path);
  else if (missingSteps(db, known, path).length > 0)
    throw refusal(
      `The database ${path} is of an older version. Stop its server, and move without --ahead. Nothing was changed.`,
    );
}

function inUse(path: string, cause: unknown): ParkbenchError {
  return refusal(
    `A server, or another program, has the database ${path} open. Stop it and run this again; or copy with --ahead, while it runs, what is there so far. Nothing was changed.`,
    cause,
  );
}

function refusal(text: string, cause?: unknown): ParkbenchError {
  return new ParkbenchError("storage_failed", text, cause === undefined ? undefined : { cause });
}
