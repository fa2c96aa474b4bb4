/** The mark on a PostgreSQL database that a log is moving into, and who may not use it meanwhile. */
import type { ClientBase } from "pg";
import { ParkbenchError } from "../core/errors.js";

/** A table with the epoch of the log that comes. Not a migration: it is there only from the first copied row to the switch. */
export const MARK = "parkbench_moving";

/** By this name a server's connections are known to all. */
export const SERVER = "parkbench";

/** Throws for who would serve half a log. */
export async function refuseHalfMoved(client: ClientBase, place: string): Promise<void> {
  const { rows } = await client.query("SELECT to_regclass($1) AS mark", [MARK]);
  if (rows[0]?.mark === null) return;
  throw refusal(
    `A log is moving into PostgreSQL at ${place}, and not all of it is there. Wait for \`npm run move\` to say "verified", or run it again.`,
  );
}

/** Throws while another move works on the same database, or a server has it open. The lock lasts as long as the transaction. */
export async function refuseOthers(client: ClientBase, place: string): Promise<void> {
  // Otherwise the same answer all through a transaction.
  await client.query("SELECT pg_stat_clear_snapshot()");
  const { rows } = await client.query<{ alone: boolean; servers: string }>(
    `SELECT pg_try_advisory_xact_lock(7275626, 3) AS alone,
      (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1) AS servers`,
    [SERVER],
  );
  if (!rows[0]?.alone) throw refusal(`Another move into ${place} is under way. Wait for its end.`);
  if (Number(rows[0].servers) > 0)
    throw refusal(
      `A server has PostgreSQL at ${place} open, or a pooler still holds connections of one. Stop it and run this again.`,
    );
}

/** Throws where there is anything that somebody made there. What a server's first start leaves is nothing. */
export async function refuseUsed(
  client: ClientBase,
  isBegun: boolean,
  epoch: string,
  place: string,
): Promise<void> {
  const remedy = "Move into an empty database: make another one with createdb.";
  const { rows: encodings } = await client.query("SHOW server_encoding");
  if (encodings[0]?.server_encoding !== "UTF8")
    throw refusal(
      `PostgreSQL at ${place} keeps texts as ${encodings[0]?.server_encoding}. Make a database with --encoding UTF8.`,
    );
  if (isBegun) {
    const { rows } = await client.query(`SELECT epoch FROM ${MARK}`);
    if (rows[0]?.epoch === epoch) return;
    throw refusal(`Another log has begun to move into ${place}, in the epoch ${rows[0]?.epoch}. ${remedy}`);
  }
  const tables = ["messages", "users", "restrictions", "moderators", "audit", "rooms WHERE name <> 'lobby'"];
  const used = tables.map((table) => `EXISTS (SELECT FROM ${table})`).join(" OR ");
  const { rows } = await client.query(`SELECT newest > 0 OR ${used} AS used FROM log`);
  if (rows[0]?.used) throw refusal(`PostgreSQL at ${place} has a log of its own. ${remedy}`);
}

function refusal(text: string): ParkbenchError {
  return new ParkbenchError("storage_failed", `${text} Nothing was changed.`);
}
