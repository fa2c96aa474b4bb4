/** A log in an empty PostgreSQL database, and another program's connection to that. */
import type pg from "pg";
import { onTestFinished } from "vitest";
import type { MessageLog } from "../../src/core/log.js";
import { openPostgres } from "../../src/store/postgres.js";
import { emptyDatabase } from "../support/emptied-postgres.js";
import { connectPg } from "../support/pg-client.js";

export async function openBeside(): Promise<{ readonly log: MessageLog; readonly client: pg.Client }> {
  const { url, giveBack } = await emptyDatabase();
  onTestFinished(giveBack);
  const { log, close } = await openPostgres({ url });
  onTestFinished(close);
  return { log, client: await connectPg(url) };
}
