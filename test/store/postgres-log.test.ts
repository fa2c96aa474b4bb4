/** The MessageLog contract on PostgreSQL. */
import pg from "pg";
import { describe } from "vitest";
import { openPostgres } from "../../src/store/postgres.js";
import { emptyDatabase } from "../support/emptied-postgres.js";
import { tools } from "../support/tools.js";
import { type LogUnderTest, messageLogContract } from "./log-contract.js";

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  messageLogContract("PostgreSQL", async (): Promise<LogUnderTest> => {
    const { url, giveBack } = await emptyDatabase();
    const stores = [await openPostgres({ url })];
    const foreign = new pg.Client({ connectionString: url });
    await foreign.connect();
    const another = async () => {
      const store = await openPostgres({ url });
      stores.push(store);
      return store.log;
    };
    return {
      log: (stores[0] as (typeof stores)[0]).log,
      refusesNul: true,
      another,
      reopen: async () => {
        await Promise.all(stores.map((store) => store.close()));
        return another();
      },
      insertForeign: async (rows) => {
        const { rows: added } = await foreign.query<{ id: string }>(
          "INSERT INTO messages (room, author_name, text) SELECT room, 'Cron', text FROM unnest($1::text[], $2::text[]) AS given (room, text) RETURNING id",
          [rows.map(({ room }) => room), rows.map(({ text }) => text)],
        );
        return added.map(({ id }) => Number(id));
      },
      remove: async (ids) => {
        await foreign.query("DELETE FROM messages WHERE id = ANY($1)", [ids]);
      },
      prune: async (room, upto) => {
        const { retention } = stores.at(-1) as (typeof stores)[0];
        while ((await retention.pruneRoom(room, upto)).more);
      },
      dispose: async () => {
        await Promise.all(stores.map((store) => store.close()));
        await foreign.end();
        await giveBack();
      },
    };
  });
});
