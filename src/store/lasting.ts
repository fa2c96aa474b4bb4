/** A connection whose native objects are never garbage-collected. */
import type { Connection, Statement } from "./connection.js";

/** Closed connections, too: they are collected later, and few. */
const KEPT = new Set<Connection>();

/**
 * Prepares each text once and keeps the statement for good. With an addon that was compiled by Node 24.21's headers,
 * the collection of a statement outside of a call ends the process ("Assertion failed: (env) != nullptr"; every second
 * start of the server did). So no text may be made from what somebody sent, and nobody iterates: an iterator is a
 * native object of its own.
 */
export function lasting(db: Connection): Connection {
  const statements = new Map<string, Statement>();
  const connection: Connection = {
    get inTransaction() {
      return db.inTransaction;
    },
    prepare(sql) {
      const statement = statements.get(sql) ?? db.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
    exec: (sql) => db.exec(sql),
    close: () => db.close(),
  };
  KEPT.add(connection);
  return connection;
}
