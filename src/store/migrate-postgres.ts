/** Brings a PostgreSQL database to the newest schema, once, however many processes start together. */
import type { ClientBase } from "pg";
import { ParkbenchError } from "../core/errors.js";
import { type Applied, anotherProgram, type Migration, pending } from "./migrate.js";
import { postgresCode } from "./postgres-errors.js";

/** Check and steps are one transaction under one lock. Rejects when the tables are another program's or a newer version's. */
export async function migratePostgres(
  client: ClientBase,
  known: readonly Migration[],
  database: string,
): Promise<void> {
  // Whatever the default is: what another process has done while this one waited must be seen.
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    // A large table's new index takes its time, and so does waiting for a process that is making it.
    await client.query("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '10min'");
    await client.query("SELECT pg_advisory_xact_lock(7275626, 2)");
    for (const { number, name, sql } of await missingSteps(client, known, database)) {
      await client.query(sql);
      await client.query("INSERT INTO migrations (number, name, at) VALUES ($1, $2, $3)", [
        number,
        name,
        Date.now(),
      ]);
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function missingSteps(
  client: ClientBase,
  known: readonly Migration[],
  database: string,
): Promise<readonly Migration[]> {
  const { rows: settings } = await client.query<{ encoding: string; isolation: string }>(
    "SELECT current_setting('server_encoding') AS encoding, current_setting('default_transaction_isolation') AS isolation",
  );
  // Another one refuses letters and signs that people write, one message at a time.
  if (settings[0]?.encoding !== "UTF8") throw notUtf8(database);
  if (settings[0].isolation !== "read committed") throw notReadCommitted(database, settings[0].isolation);
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
  );
  if (tables.length === 0) {
    await client.query(
      "CREATE TABLE migrations (number integer PRIMARY KEY, name text NOT NULL, at bigint NOT NULL)",
    );
    return known;
  }
  const names = tables.map(({ name }) => name);
  if (!names.includes("migrations") || !names.includes("messages")) throw anotherProgram(database);
  const { rows } = await client
    .query<Applied>("SELECT number, name FROM migrations ORDER BY number")
    .catch((error: unknown) => {
      // Others call theirs so, too, with other columns.
      throw postgresCode(error) === "42703" ? anotherProgram(database) : error;
    });
  return pending(known, rows, database);
}

function notUtf8(database: string): ParkbenchError {
  return new ParkbenchError(
    "storage_failed",
    `The database ${database} is not in UTF-8. Make another: createdb --encoding=UTF8 --template=template0.`,
  );
}

/** Every send would be refused: an older snapshot does not see what the lock waited for. */
function notReadCommitted(database: string, isolation: string): ParkbenchError {
  return new ParkbenchError(
    "storage_failed",
    `Transactions in the database ${database} are ${isolation} by default. Set it for our user: ALTER ROLE ... SET default_transaction_isolation = 'read committed'.`,
  );
}
