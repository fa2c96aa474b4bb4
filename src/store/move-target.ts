/** The PostgreSQL database that a log moves into: what is there already, what is written, and the switch at the end. */
import type { Client } from "pg";
import { readMigrations } from "./migrate.js";
import { migratePostgres } from "./migrate-postgres.js";
import { explainMove, refusedRow } from "./move-errors.js";
import { type Key, keyOf, type MovedRow, nameOfRow, partsOf } from "./move-row.js";
import type { SourceFacts } from "./move-source.js";
import { deleteSql, insertSql, type MovedTable, TABLES, targetSql } from "./move-tables.js";
import { MARK, refuseOthers, refuseUsed } from "./moving-in.js";
import { connectPostgres, nameOf } from "./postgres.js";
import { isOwnFault } from "./postgres-errors.js";
import { MIGRATIONS } from "./prepare-postgres.js";
import { pidOf } from "./visitors-postgres.js";

/** A row of the target: what tells whether it is the one of the source. */
export interface SeenRow {
  readonly key: Key;
  readonly digest: string;
}

/** `fresh`: nothing is there yet; `begun`: a part, from a run that ended early; `moved`: the log, and servers may be on it. */
export type State = "fresh" | "begun" | "moved";

/** What makes a table of the target like that of the source. */
export interface Changes {
  readonly gone: Key[];
  readonly fresh: MovedRow[];
}

const FETCHED = 2000;

/** Limits that somebody has set for the role or the database are for servers. */
const PATIENT = `SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = 0`;

/** On the disk at the commit, whatever the database does by itself. */
const FLUSHED = `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`;

export class MoveTarget {
  /** For people: without a password. */
  readonly place: string;
  /** One transaction from the first look to the switch: it holds what keeps a second move away. */
  readonly #reader: Client;
  readonly #writer: Client;

  /** Rejects when anybody else is there. */
  readonly mustBeAlone: () => Promise<void>;

  private constructor(place: string, reader: Client, writer: Client, mustBeAlone: () => Promise<void>) {
    this.place = place;
    this.#reader = reader;
    this.#writer = writer;
    this.mustBeAlone = mustBeAlone;
  }

  /** Rejects with a ParkbenchError for the person who asked, as all of this does. */
  static async open(url: string, isStopped: boolean): Promise<MoveTarget> {
    const place = nameOf(url);
    const clients: Client[] = [];
    try {
      clients.push(await connectPostgres(url), await connectPostgres(url));
      const [reader, writer] = clients as [Client, Client];
      // The one waits while the other reads a long table through. Of PostgreSQL 14 and newer.
      await writer.query("SET idle_session_timeout = 0");
      await reader.query(`BEGIN ISOLATION LEVEL READ COMMITTED; ${PATIENT}`);
      const ours = await Promise.all(clients.map(pidOf));
      const mustBeAlone = () => refuseOthers(reader, ours, isStopped, place);
      await mustBeAlone();
      await migratePostgres(writer, readMigrations(MIGRATIONS), place);
      return new MoveTarget(place, reader, writer, mustBeAlone);
    } catch (error) {
      for (const client of clients) await client.end().catch(() => {});
      throw explainMove(place, error);
    }
  }

  /** What the database is for a log with this epoch; rejects where it has one of its own. */
  async stateFor(epoch: string): Promise<State> {
    const { rows } = await this.#writer.query("SELECT to_regclass($1) IS NOT NULL AS begun, epoch FROM log", [
      MARK,
    ]);
    const { begun, epoch: there } = rows[0] as { begun: boolean; epoch: string };
    if (!begun && there === epoch) return "moved";
    await refuseUsed(this.#writer, begun, epoch, this.place);
    return begun ? "begun" : "fresh";
  }

  /**
   * From here on no server starts on it. Its triggers are for rows that are new: a row that says "removed" would blank
   * another one that is being copied, and each batch would ring.
   */
  async begin(epoch: string): Promise<void> {
    await this.#writer.query("BEGIN");
    await this.#writer.query(
      `CREATE TABLE ${MARK} (epoch text NOT NULL, at timestamptz NOT NULL DEFAULT now())`,
    );
    await this.#writer.query(`INSERT INTO ${MARK} (epoch) VALUES ($1)`, [epoch]);
    for (const { name } of TABLES) await this.#writer.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
    await this.#writer.query("COMMIT");
  }

  /** Gives the next rows at each call; none at the end. One table at a time. */
  async rows(table: MovedTable): Promise<() => Promise<readonly SeenRow[]>> {
    await this.#reader.query(`DECLARE seen NO SCROLL CURSOR FOR ${targetSql(table)}`);
    const ask = () => {
      const rows = this.#reader.query<unknown[]>({ text: `FETCH ${FETCHED} FROM seen`, rowMode: "array" });
      // Heard where it is awaited, if it is still awaited then.
      rows.catch(() => {});
      return rows;
    };
    // One ahead, so that PostgreSQL reads and hashes while these rows are compared.
    let next = ask();
    return async () => {
      const { rows } = await next;
      if (rows.length === 0) await this.#reader.query("CLOSE seen");
      else next = ask();
      return rows.map((values) => ({ key: keyOf(table, values), digest: String(values.at(-1)) }));
    };
  }

  /** One transaction, which is on the disk after `freeze`. A row that PostgreSQL refuses is named. */
  async write(table: MovedTable, { gone, fresh }: Changes): Promise<void> {
    try {
      await this.#writer.query(`BEGIN; ${PATIENT}; SET LOCAL synchronous_commit = off`);
      if (gone.length > 0) await this.#writer.query(deleteSql(table), columnsOf(table, gone));
      if (fresh.length > 0) await this.#writer.query(insertSql(table), valuesOf(table, fresh));
      await this.#writer.query("COMMIT");
    } catch (error) {
      await this.#writer.query("ROLLBACK").catch(() => {});
      if (!isOwnFault(error)) throw error;
      const [row, ...more] = fresh;
      if (!row) throw error;
      if (more.length === 0) throw refusedRow(nameOfRow(table, row.key), this.place, error);
      await this.write(table, { gone, fresh: [] });
      for (const alone of fresh) await this.write(table, { gone: [], fresh: [alone] });
    }
  }

  /** What is read from here on has been flushed, and nobody changes it before the switch. */
  async freeze(): Promise<void> {
    await this.#writer.query(`BEGIN; ${FLUSHED}; UPDATE ${MARK} SET at = now(); COMMIT`);
    await this.#reader.query(`LOCK TABLE ${TABLES.map(({ name }) => name).join()} IN SHARE MODE`);
  }

  /** The switch: servers start on it from now on. In one step with the end of the look at it. */
  async finish({ epoch, given }: SourceFacts): Promise<void> {
    const newest = (table: string) => Math.min(Number(given.get(table) ?? 0), Number.MAX_SAFE_INTEGER);
    await this.#reader.query("UPDATE log SET epoch = $1, newest = $2, control_newest = $3", [
      epoch,
      newest("messages"),
      newest("control"),
    ]);
    for (const { name, isNumbered } of TABLES) {
      await this.#reader.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
      if (!isNumbered) continue;
      const set = "SELECT setval(pg_get_serial_sequence($1, 'id'), greatest($2::bigint, 1), $2::bigint > 0)";
      await this.#reader.query(set, [name, given.get(name) ?? "0"]);
    }
    await this.#reader.query(`DROP TABLE ${MARK}`);
    await this.#reader.query(`${FLUSHED}; COMMIT`);
    // The first queries are planned by what is there, not as for empty tables. It is no harm when this fails.
    await this.#writer.query("ANALYZE").catch(() => {});
  }

  explain(error: unknown): unknown {
    return explainMove(this.place, error);
  }

  async close(): Promise<void> {
    // What has begun and not ended is undone by PostgreSQL.
    for (const client of [this.#reader, this.#writer]) await client.end().catch(() => {});
  }
}

function columnsOf(table: MovedTable, keys: readonly Key[]): unknown[] {
  const parts = keys.map((key) => partsOf(table, key));
  return table.key.map((_, at) => parts.map((part) => part[at]));
}

function valuesOf({ columns }: MovedTable, rows: readonly MovedRow[]): unknown[] {
  return Object.values(columns).map((kind, at) =>
    rows.map(({ values }) => {
      const value = values[at] ?? null;
      return kind === "time" && value !== null ? new Date(Number(value)).toISOString() : value;
    }),
  );
}
