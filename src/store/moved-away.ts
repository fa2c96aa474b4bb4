/** The mark on a SQLite database whose log has moved to PostgreSQL: nobody writes to it or serves it by mistake. */
import { ParkbenchError } from "../core/errors.js";
import { type Connection, only } from "./connection.js";

/**
 * A trigger, so that also programs that INSERT by themselves hear of it, and a Parkbench that does not know it refuses
 * every send. Without it the same ids would be given once more, under the same epoch, and a client's cursor could not tell.
 */
const NAME = "moved_away";
const SAYS = "this log has moved to PostgreSQL at ";

/** `place` is for people: without a password. */
export function markMoved(db: Connection, place: string): void {
  const text = `${SAYS}${place}`.replaceAll("'", "''");
  db.exec(
    `CREATE TRIGGER IF NOT EXISTS ${NAME} BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, '${text}'); END`,
  );
}

/** Where the log is now; null: here. */
export function movedTo(db: Connection): string | null {
  const sql = only(
    db.prepare(`SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = '${NAME}'`).get(),
  );
  if (typeof sql !== "string") return null;
  const from = sql.indexOf(SAYS) + SAYS.length;
  return sql.slice(from, sql.lastIndexOf("')")).replaceAll("''", "'");
}

/** A log under another epoch is another log, which has not moved. */
export function unmark(db: Connection): void {
  db.exec(`DROP TRIGGER IF EXISTS ${NAME}`);
}

/** Throws for who would serve it. */
export function refuseMoved(db: Connection, path: string): void {
  const place = movedTo(db);
  if (place === null) return;
  throw new ParkbenchError(
    "storage_failed",
    `The log of ${path} has moved to PostgreSQL at ${place}: set DATABASE_URL to that. How to go back to the file: docs/moving.md.`,
  );
}
