/** Databases for one test after the other of a file: emptied rather than made anew, which takes most of such a test's time. */
import pg from "pg";
import { freshDatabase } from "./shared-postgres.js";

const EMPTY = `TRUNCATE messages, nonces, pruned, pruned_nonces, control RESTART IDENTITY;
  UPDATE log SET newest = 0, control_newest = 0;
  UPDATE pruner SET holder = '', until = 0`;

/** A database without messages, until it is given back. Nobody may be connected to it by then. */
export interface EmptyDatabase {
  readonly url: string;
  giveBack(): Promise<void>;
}

const free: string[] = [];

/** Its tables come with the first store that opens it, and stay. */
export async function emptyDatabase(): Promise<EmptyDatabase> {
  const url = free.pop() ?? (await freshDatabase());
  return {
    url,
    async giveBack() {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(EMPTY);
      await client.end();
      free.push(url);
    },
  };
}
