import { describe, expect, it, onTestFinished, vi } from "vitest";
import { silent } from "../../src/core/logger.js";
import { openStore } from "../../src/store/open.js";
import { connectPg } from "../support/pg-client.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  it("a program that may insert three columns and nothing else is heard in order, and can do no more", async () => {
    const url = await freshDatabase();
    const store = await openStore({ url });
    onTestFinished(() => store.close());
    const owner = await connectPg(url);
    const role = `writer_${new URL(url).pathname.slice(1)}`;
    await owner.query(
      `CREATE ROLE ${role} LOGIN; GRANT INSERT (room, author_name, text) ON messages TO ${role}`,
    );
    const writer = await connectPg(url.replace("//chat@", `//${role}@`));
    let rings = 0;
    owner.on("notification", () => (rings += 1));
    await owner.query("LISTEN parkbench");
    await writer.query("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'Done.')");
    await until(() => rings === 1, "a ring");
    const { messages } = await store.log.since("all", 0, 10);
    expect([messages.map(({ text }) => text), await store.log.newest()]).toEqual([
      ["Done."],
      messages[0]?.id,
    ]);

    // One that lies in front of the real one would take what is meant for it.
    await writer.query("CREATE TEMPORARY TABLE log (one integer, newest bigint)");
    await writer.query("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'Again.')");
    expect(await store.log.newest()).toBe((messages[0]?.id ?? 0) + 1);
    for (const forbidden of [
      "SELECT text FROM messages",
      "UPDATE public.log SET newest = 0",
      "INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('lobby', 'Cron', '', 'delete', 1)",
      "INSERT INTO control (kind, subject) VALUES ('ban', 'user 1')",
    ])
      await expect(writer.query(forbidden), forbidden).rejects.toMatchObject({ code: "42501" });
    await owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it("an act of moderation is told to others once, by who did it, and one that has nothing to do is not", async () => {
    const url = await freshDatabase();
    const { moderation, close } = await openStore({ url });
    onTestFinished(close);
    const listener = await connectPg(url);
    let rings = 0;
    listener.on("notification", () => (rings += 1));
    await listener.query("LISTEN parkbench");
    const troll = { kind: "name", value: "troll" } as const;
    expect(await moderation.lift("ban", troll, "owner")).toBe(false);
    await moderation.restrict("ban", troll, { untilMs: null, reason: "" }, "owner");
    await until(() => rings === 1, "a ring");
    expect(await moderation.lift("ban", troll, "owner")).toBe(true);
    await until(
      () => rings === 2,
      () => `a second ring; ${rings} came`,
    );
    expect(await moderation.lift("ban", troll, "owner")).toBe(false);
    // What was told before it has come when this is answered.
    await listener.query("SELECT 1");
    expect(rings).toBe(2);
  });

  it("two moderators who ban at one moment those whose bans are over do not wait for each other", async () => {
    const url = await freshDatabase();
    const other = await connectPg(url);
    await other.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET lock_timeout = '8s'`);
    const { moderation, close } = await openStore({ url });
    onTestFinished(close);
    const ban = (value: string) =>
      moderation.restrict("ban", { kind: "name", value }, { untilMs: 1, reason: "" }, "owner");
    for (const name of ["Eve", "Mallory"]) await ban(name);
    await other.query("BEGIN; SELECT pg_advisory_xact_lock(7275626, 1)");
    const bans = Promise.allSettled(["Eve", "Mallory"].map(ban));
    const waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    await expect.poll(async () => (await other.query(waiting)).rowCount, { timeout: 7000 }).toBe(2);
    await other.query("COMMIT");
    expect((await bans).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });

  it("a server that nobody asks anything is still seen there, by one connection, until it ends", async () => {
    const url = await freshDatabase();
    const owner = await connectPg(url);
    const there = async () => {
      const { rowCount } = await owner.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parkbench'",
      );
      return rowCount;
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const store = await openStore({ url });
    await Promise.all([store.log.newest(), store.log.newest(), store.log.newest()]);
    expect(await there()).toBeGreaterThan(1);
    vi.advanceTimersByTime(3_600_000);
    vi.useRealTimers();
    await expect.poll(there).toBe(1);
    await store.close();
    await expect.poll(there).toBe(0);
  });

  it("a database that can only be read is refused at the start, and one that may lose messages is warned of", async () => {
    const url = await freshDatabase();
    const name = new URL(url).pathname.slice(1);
    const owner = await connectPg(url);
    const warned: string[] = [];
    const logger = { ...silent, warn: (_: object, text: string) => void warned.push(text) };
    await (await openStore({ url, logger })).close();
    expect(warned).toEqual([]);
    await owner.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    await (await openStore({ url, logger })).close();
    expect(warned).toEqual([expect.stringMatching(/^PostgreSQL's synchronous_commit is off/)]);
    await owner.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await expect(openStore({ url })).rejects.toThrow(/can only be read\. Set DATABASE_URL to the primary/);
  });

  it("a database in another encoding than UTF-8 is refused at the start, and stays empty", async () => {
    const url = await freshDatabase();
    const owner = await connectPg(url);
    const name = `${new URL(url).pathname.slice(1)}_latin`;
    await owner.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    await expect(openStore({ url: `${url}_latin` })).rejects.toThrow(
      /is not in UTF-8\. Make another: createdb/,
    );
    const { rowCount } = await (await connectPg(`${url}_latin`)).query(
      "SELECT FROM pg_tables WHERE schemaname = 'public'",
    );
    expect(rowCount).toBe(0);
  });
});
