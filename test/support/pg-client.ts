/** Another program's connection to a PostgreSQL database, until the test has finished. */
import pg from "pg";
import { onTestFinished } from "vitest";

export async function connectPg(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
