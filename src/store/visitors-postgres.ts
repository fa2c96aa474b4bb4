/** Who else is connected to a PostgreSQL database: servers are idle most of the time, and are there. */
import type { ClientBase } from "pg";

/** The connections of a program that has ended are there for a moment more. */
export const LEAVE_MS = 2000;
/** Between two looks. */
export const LOOK_AGAIN_MS = 100;

/** Whether anybody but `ours`, by their backends' ids, is connected now. The system's own workers are nobody's. */
export async function isVisited(client: ClientBase, ours: readonly number[]): Promise<boolean> {
  // Otherwise the same answer all through a transaction.
  await client.query("SELECT pg_stat_clear_snapshot()");
  const { rows } = await client.query(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL ($1::integer[]) AND usesysid IS NOT NULL LIMIT 1",
    [ours],
  );
  return rows.length > 0;
}

export async function pidOf(client: ClientBase): Promise<number> {
  const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
  return Number(rows[0]?.pid);
}
