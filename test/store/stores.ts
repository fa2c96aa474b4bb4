/** The stores that a contract runs on: each with a fresh database, opened as several processes would, and in SQL. */
import pg from "pg";
import { describe, onTestFinished } from "vitest";
import type { Store } from "../../src/core/store.js";
import { type OpenOptions, openStore } from "../../src/store/open.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
import { connect, newPath, open } from "./places.js";

/** One database of one test. */
export interface Place {
  /** A store over it, as one process has it. It is closed after the test. */
  open(options?: Omit<OpenOptions, "url">): Promise<Store>;
  /** What another program does there. Numbers are written as such; `?` stands for each value. Gives the rows. */
  sql(statement: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** From now on nothing can be added to a table, until what it resolves with is called. */
  breakInserts(table: string): Promise<() => Promise<unknown>>;
}

/** Runs the tests that `suite` defines once on each store. */
export function onEveryStore(suite: (newPlace: () => Promise<Place>) => void): void {
  describe("on SQLite", () => suite(newFile));
  describe.skipIf(tools.postgres === null)("on PostgreSQL", () => suite(newSchema));
}

async function newFile(): Promise<Place> {
  const path = newPath();
  return {
    open: (options) => open(path, options),
    async sql(statement, ...values) {
      const prepared = connect(path).prepare(statement);
      if (prepared.reader) return prepared.all(...values) as Record<string, unknown>[];
      prepared.run(...values);
      return [];
    },
    async breakInserts(table) {
      const db = connect(path);
      db.exec(`CREATE TRIGGER broken BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'broken'); END`);
      return async () => db.exec("DROP TRIGGER broken");
    },
  };
}

/** A schema of its own in one database: that is made five times as fast as a database. */
async function newSchema(): Promise<Place> {
  const schema = `test${++schemas}`;
  database ??= freshDatabase();
  const url = `${await database}?options=-c%20search_path%3D${schema}`;
  const foreign = new pg.Client({ connectionString: url });
  await foreign.connect();
  await foreign.query(`CREATE SCHEMA ${schema}`);
  onTestFinished(() => foreign.end());
  return {
    async open(options) {
      const store = await openStore({ url, ...options });
      onTestFinished(() => store.close());
      return store;
    },
    async sql(statement, ...values) {
      let place = 0;
      const numbered = statement.replace(/\?/g, () => `$${++place}`);
      return (await foreign.query({ text: numbered, values: [...values], types: NUMBERS })).rows;
    },
    async breakInserts(table) {
      await foreign.query(
        `CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
         CREATE TRIGGER broken BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION broken()`,
      );
      return () => foreign.query("DROP FUNCTION broken CASCADE");
    },
  };
}

let database: Promise<string> | undefined;
let schemas = 0;

const NUMBERS: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text"),
};
