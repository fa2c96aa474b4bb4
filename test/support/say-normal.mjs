/**
 * Imported before the server: the same program with one word changed. The store says `synchronous = FULL` itself on every
 * connection, and the product has no switch for it.
 */
import Database from "better-sqlite3";

const { exec } = Database.prototype;
Database.prototype.exec = function (sql) {
  return exec.call(this, sql.replace("synchronous = FULL", "synchronous = NORMAL"));
};
