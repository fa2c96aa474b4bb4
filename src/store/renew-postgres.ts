/** PostgreSQL databases as programs beside the server find them: one in use, one of nobody, one that a dump was put into. */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { ClientBase } from "pg";
import { ParkbenchError } from "../core/errors.js";
import type { LogFacts } from "./copy-sqlite.js";
import { connectPostgres, nameOf } from "./postgres.js";
import { explainStart } from "./postgres-errors.js";
import { isVisited, LEAVE_MS, LOOK_AGAIN_MS, pidOf } from "./visitors-postgres.js";

/** Longer than any append has the log; somebody who holds it longer is at work there. */
const LOCK_MS = 5000;

/** Resolves if a server has been started on the database before; else rejects, and nothing has been made in it. */
export function findPostgres(url: string): Promise<void> {
  return visit(url, async () => {});
}

/**
 * What a dump brought back is another log than the one that went on after it: a new epoch tells every cursor of before
 * so. It ends all sessions; so their rows go, and nobody's name stays held by a session that is no more. A moderator's
 * code that was used since would be good again.
 *
 * Rejects with `storage_busy`, and with nothing changed, while anything else is connected to the database, unless
 * `isStopped` says that it is no server: a running one would go on with the epoch that it has read.
 */
export function renewPostgres(
  url: string,
  { isStopped }: { readonly isStopped: boolean },
): Promise<LogFacts> {
  return visit(url, async (client) => {
    const epoch = randomBytes(3).toString("hex");
    if (!isStopped && (await staysVisited(client, LEAVE_MS))) throw inUse(url);
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_MS}; LOCK TABLE log`);
    // Again under the lock: a server that starts now waits there, and reads the new one.
    if (!isStopped && (await staysVisited(client, 0))) throw inUse(url);
    await client.query("UPDATE log SET epoch = $1", [epoch]);
    await client.query("DELETE FROM sessions; UPDATE users SET seen_at = 0; DELETE FROM moderator_codes");
    await client.query("COMMIT");
    const facts =
      "SELECT greatest(newest, (SELECT max(id) FROM messages)) AS newest, (SELECT count(*) FROM messages) AS rows FROM log";
    const { rows } = await client.query<Record<"newest" | "rows", string>>(facts);
    return { epoch, rows: Number(rows[0]?.rows), newest: Number(rows[0]?.newest) };
  });
}

/** What is under way when `job` rejects ends, undone, with its connection. */
async function visit<T>(url: string, job: (client: ClientBase) => Promise<T>): Promise<T> {
  let client: (ClientBase & { end(): Promise<void> }) | null = null;
  try {
    client = await connectPostgres(url);
    const { rows } = await client.query<{ ours: boolean }>(
      "SELECT to_regclass('log') IS NOT NULL AND to_regclass('migrations') IS NOT NULL AS ours",
    );
    if (!rows[0]?.ours) throw noneThere(url);
    return await job(client);
  } catch (error) {
    throw explainStart(nameOf(url), error);
  } finally {
    await client?.end();
  }
}

async function staysVisited(client: ClientBase, waitMs: number): Promise<boolean> {
  const ours = [await pidOf(client)];
  const until = performance.now() + waitMs;
  while (await isVisited(client, ours)) {
    if (performance.now() >= until) return true;
    await pause(LOOK_AGAIN_MS);
  }
  return false;
}

function noneThere(url: string): ParkbenchError {
  return new ParkbenchError(
    "storage_failed",
    `There is no Parkbench in the database ${nameOf(url)}. Give the server's own DATABASE_URL, or start the server once.`,
  );
}

function inUse(url: string): ParkbenchError {
  return new ParkbenchError(
    "storage_busy",
    `A server, a pooler or another program is connected to ${nameOf(url)}. Stop the servers; where you know that it is none, say so with --stopped. Nothing was changed.`,
  );
}
