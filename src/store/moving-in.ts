/** The mark on a PostgreSQL database that a log is moving into, and who may not use it meanwhile. */
import { setTimeout as pause } from "node:timers/promises";
import type { ClientBase } from "pg";
import { ParkbenchError } from "../core/errors.js";
import { isVisited, LEAVE_MS, LOOK_AGAIN_MS } from "./visitors-postgres.js";

/** A table with the epoch of the log that comes. Not a migration: it is there only from the first copied row to the switch. */
export const MARK = "parkbench_moving";

/** Throws for who would serve half a log. */
export async function refuseHalfMoved(client: ClientBase, place: string): Promise<void> {
  const { rows } = await client.query("SELECT to_regclass($1) AS mark", [MARK]);
  if (rows[0]?.mark === null) return;
  throw refusal(
    `A log is moving into PostgreSQL at ${place}, and not all of it is there. Wait for \`npm run move\` to say "verified", or run it again.`,
  );
}

/**
 * Throws while another move works on the same database, and while anybody but `ours` is connected to it, unless
 * `isStopped` says that it is no server: one that runs would go on with the epoch that it has read. What it takes keeps a
 * second move away as long as the transaction.
 */
export async function refuseOthers(
  client: ClientBase,
  ours: readonly number[],
  isStopped: boolean,
  place: string,
): Promise<void> {
  const until = performance.now() + LEAVE_MS;
  for (;;) {
    const { isFirst, isVisited } = await lookRound(client, ours);
    if (isFirst && (isStopped || !isVisited)) return;
    if (performance.now() < until) await pause(LOOK_AGAIN_MS);
    else if (!isFirst) throw refusal(`Another move into ${place} is under way. Wait for its end.`);
    else
      throw refusal(
        `A server, a pooler or another program is connected to ${place}. Stop it; where you know that it is no server, say so with --stopped.`,
      );
  }
}

async function lookRound(client: ClientBase, ours: readonly number[]) {
  const { rows } = await client.query<{ first: boolean }>(
    "SELECT pg_try_advisory_xact_lock(7275626, 3) AS first",
  );
  return { isFirst: rows[0]?.first === true, isVisited: await isVisited(client, ours) };
}

/** Throws where there is anything that somebody made there. What a server's first start leaves is nothing. */
export async function refuseUsed(
  client: ClientBase,
  isBegun: boolean,
  epoch: string,
  place: string,
): Promise<void> {
  const remedy = "Move into an empty database: make another one with createdb.";
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
  return new ParkbenchError("storage_failed", `${text} Nothing is switched.`);
}
