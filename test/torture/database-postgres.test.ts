/** The PostgreSQL database of a torture run: what is done to it, is done, and nobody else's database is touched. */
import pg from "pg";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
import { turn } from "../support/turn.js";
import { PostgresDatabase, postgresAt, postgresCluster } from "./database-postgres.js";

const ROW = { nonce: "foreign-1", room: "lobby", text: "by another program", begunAt: 0 };

async function listener(url: string): Promise<{ readonly ended: Promise<void>; end(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
  await client.connect();
  await client.query("LISTEN parkbench");
  return { ended, end: () => client.end() };
}

describe.skipIf(tools.postgres === null)("a database of PostgreSQL", () => {
  test("whose listeners are cut off: those of another database are not", async () => {
    const [url, otherUrl] = [await freshDatabase(), await freshDatabase()];
    const [database, other] = [new PostgresDatabase(url, null), new PostgresDatabase(otherUrl, null)];
    expect(await database.strike("deafen", 0)).toBe(false);
    const [mine, others] = [await listener(url), await listener(otherUrl)];
    await database.isListenedTo(1);
    const before = Date.now();
    expect(await database.strike("deafen", 0)).toBe(true);
    await mine.ended;
    await other.isListenedTo(1);
    expect(database.wasStruck(before, Date.now(), 0)).toBe(true);
    expect(database.wasStruck(before - 5000, before - 4000, 0)).toBe(false);
    expect(other.wasStruck(before, Date.now(), 0)).toBe(false);
    await others.end();
  });

  test("that is held up answers later; that is ended and started has its rows, and says which insert is unknown", {
    timeout: 60_000,
  }, async () => {
    const database = await postgresCluster();
    try {
      await (await openStore({ url: database.env.DATABASE_URL ?? "" })).log.close();
      const id = await database.insert(ROW, 0);
      const held: unknown[] = [];
      const hang = database.strike("hang", 300).then((isDone) => held.push(isDone));
      await turn();
      held.push(await database.insert({ ...ROW, nonce: "held" }, 0));
      await hang;
      expect(held).toEqual([true, Number(id) + 1]);

      const crash = database.strike("crash", 100);
      const inserts = [];
      for (let n = 2; inserts.at(-1) !== null; n++)
        inserts.push(await database.insert({ ...ROW, nonce: `foreign-${n}` }, 20));
      await crash;
      const rows = await database.rows();
      for (const known of [id, ...inserts].filter((known) => known !== null))
        expect(rows.map((row) => row.id)).toContain(known);
      expect(rows[0]).toEqual({ id, room: "lobby", text: "by another program", nonce: "foreign-1" });
    } finally {
      await database.close(false);
    }
  });

  test("that refuses an insert though nothing was done to it is trouble", async () => {
    const database = new PostgresDatabase(await freshDatabase(), null);
    await expect(database.insert(ROW, 0)).rejects.toThrow('relation "messages" does not exist');
    await database.close(false);
  });

  test("that is in use is not tortured", async () => {
    const url = await freshDatabase();
    await (await postgresAt(url)).close(false);
    await (await openStore({ url })).log.close();
    await expect(postgresAt(url)).rejects.toThrow("--database must name an empty database");
  });
});
