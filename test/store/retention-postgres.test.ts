/** The Retention contracts on PostgreSQL, and what its batches wait for: nothing that somebody else holds. */
import type pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { Pruner } from "../../src/core/pruner.js";
import type { Store } from "../../src/core/store.js";
import { openPostgres } from "../../src/store/postgres.js";
import { emptyDatabase } from "../support/emptied-postgres.js";
import { connectPg } from "../support/pg-client.js";
import { tools } from "../support/tools.js";
import { DAY, END, NOW, type RetentionUnderTest, retentionContract } from "./retention-contract.js";
import { retentionTracesContract } from "./retention-traces-contract.js";

const INSERT = `INSERT INTO messages (room, author_name, author_id, text, nonce, at)
  SELECT room, 'Ana', CASE WHEN nonce IS NOT NULL THEN '7' END, text, nonce, to_timestamp(at)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[]) AS given (room, text, nonce, at)`;

interface Place extends RetentionUnderTest {
  readonly url: string;
  readonly foreign: pg.Client;
}

async function place(): Promise<Place> {
  const { url, giveBack } = await emptyDatabase();
  // Last of all: what a test opens later is closed before.
  onTestFinished(giveBack);
  const clock = { now: NOW };
  const another = async () => openClosing(url, () => clock.now);
  const store = await another();
  const foreign = await connectPg(url);
  const column = async <T>(sql: string) =>
    (await foreign.query({ text: sql, rowMode: "array" })).rows.map(([value]) => value as T);
  return {
    url,
    foreign,
    store,
    another,
    pass: async (ms) => {
      clock.now += ms;
      // Claims are by the database's clock, which a test cannot set: it is the claim that comes nearer.
      await foreign.query("UPDATE pruner SET until = until - $1 WHERE until > 0", [ms]);
    },
    add: async (rows) => {
      await foreign.query(INSERT, [
        rows.map(({ room }) => room),
        rows.map(({ text = "x" }) => text),
        rows.map(({ nonce = null }) => nonce),
        rows.map(({ ageDays }) => (NOW - ageDays * DAY) / 1000),
      ]);
    },
    left: async () => (await column<string>("SELECT id FROM messages ORDER BY id")).map(Number),
    pruned: async () => {
      const { rows } = await foreign.query("SELECT room, upto FROM pruned");
      return Object.fromEntries(rows.map(({ room, upto }) => [room, Number(upto)]));
    },
    nonces: async () => ({
      known: await column<string>("SELECT nonce FROM nonces"),
      spent: await column<string>("SELECT nonce FROM pruned_nonces"),
    }),
  };
}

async function openClosing(url: string, now: () => number): Promise<Store> {
  const store = await openPostgres({ url, now });
  onTestFinished(() => store.close());
  return store;
}

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  retentionContract("PostgreSQL", place);
  retentionTracesContract("PostgreSQL", place);

  const old = (room: string) => ({ room, ageDays: 9 });

  it("a batch needs no lock of appends: it goes while another program holds that", async () => {
    const { store, foreign, url, add, left } = await place();
    await add([old("a"), old("a"), old("b")]);
    const writer = await connectPg(url);
    await writer.query("BEGIN; INSERT INTO messages (room, author_name, text) VALUES ('b', 'Cron', 'x')");
    let isAppended = false;
    const append = store.log
      .append({ room: "a", author: { id: null, name: "Ana" }, text: "x" })
      .then(() => (isAppended = true));
    await waitsForLock(foreign, "advisory");
    expect(await store.retention.pruneRoom("a", END)).toEqual({ rows: 2, more: false });
    expect(await store.retention.pruneOld(DAY, END)).toEqual({ rows: 1, more: false });
    expect(await store.retention.forgetNonces(0)).toEqual({ rows: 0, more: false });
    expect(isAppended).toBe(false);
    await writer.query("COMMIT");
    await append;
    expect(await left()).toEqual([4, 5]);
  });

  it("a batch ends before a message that somebody else holds, and takes nothing behind it", async () => {
    const { store, url, add, left, pruned } = await place();
    await add(["a", "b", "a", "a", "b"].map(old));
    const holder = await connectPg(url);
    await holder.query("BEGIN; SELECT FROM messages WHERE id = 3 FOR UPDATE");
    expect(await store.retention.pruneOld(DAY, END)).toEqual({ rows: 2, more: false });
    expect(await store.retention.pruneRoom("a", END)).toEqual({ rows: 0, more: false });
    expect([await left(), await pruned()]).toEqual([[3, 4, 5], { a: 1, b: 2 }]);
    await holder.query("COMMIT");
    expect(await store.retention.pruneOld(DAY, END)).toEqual({ rows: 3, more: false });
    expect([await left(), await pruned()]).toEqual([[], { a: 4, b: 5 }]);
  });

  it("a reader hears of rows that go between its question and the look at them", async () => {
    const { store, foreign, url, add } = await place();
    await add([old("a"), old("a"), old("b")]);
    for (const rooms of [["a"], "all"] as const) {
      const pruner = await connectPg(url);
      await pruner.query("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
      const read = store.log.since(rooms, 0, 10);
      await waitsForLock(foreign, "relation");
      await pruner.query(
        "DELETE FROM messages WHERE id = 1; INSERT INTO pruned VALUES ('a', 1) ON CONFLICT DO NOTHING; COMMIT",
      );
      const { messages, gap } = await read;
      expect([messages[0]?.id, gap]).toEqual([2, 1]);
      expect(await store.log.since(rooms, 1, 10)).not.toHaveProperty("gap");
      await foreign.query("DELETE FROM pruned");
    }
  });

  it("one process of two keeps each room's newest, round after round, and says what is missing", async () => {
    const { store, another, add, left } = await place();
    const pruners = [store, await another()].map(
      ({ log, retention }) => new Pruner({ log, retention, keepDays: 0, keepMessages: 2, settleMs: 0 }),
    );
    await add(["a", "a", "b", "a", "a", "b"].map(old));
    for (const pruner of pruners) await pruner.round();
    expect(await left()).toEqual([3, 4, 5, 6]);
    await add(["b", "a", "c"].map(old));
    for (const pruner of pruners) await pruner.round();
    expect(await left()).toEqual([5, 6, 7, 8, 9]);
    expect((await store.log.since(["a"], 2, 10)).gap).toBe(4);
    expect(await store.log.since(["c"], 0, 10)).not.toHaveProperty("gap");
  });

  it("a message that a moderator is removing meanwhile goes all the same, once that is done", async () => {
    const { store, url, add, left } = await place();
    await add([old("a")]);
    const moderator = await connectPg(url);
    await moderator.query(
      "BEGIN; INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('a', 'moderator', '', 'delete', 1)",
    );
    expect((await store.retention.pruneOld(DAY, 1)).rows).toBe(0);
    await moderator.query("COMMIT");
    expect((await store.retention.pruneOld(DAY, 1)).rows).toBe(1);
    expect(await left()).toEqual([2]);
  });

  it("a machine whose clock is years ahead removes what is old by the database's clock, too, and no more", async () => {
    const { url, foreign, left } = await place();
    await foreign.query(
      `INSERT INTO messages (room, author_name, text, at) VALUES ('a', 'Cron', 'x', now() - interval '9 days'),
        ('a', 'Cron', 'x', now()), ('a', 'Cron', 'x', now())`,
    );
    const ahead = await openClosing(url, () => Date.now() + 5 * 365 * DAY);
    expect(await ahead.retention.pruneOld(DAY, END)).toEqual({ rows: 1, more: false });
    expect(await left()).toEqual([2, 3]);
  });

  it("endless times of other programs are older, or later, than all others", async () => {
    const { store, foreign, left } = await place();
    await foreign.query(
      "INSERT INTO messages (room, author_name, text, at) VALUES ('a', 'Cron', 'x', '-infinity'), ('a', 'Cron', 'x', 'infinity')",
    );
    expect(await store.retention.pruneOld(DAY, END)).toEqual({ rows: 1, more: false });
    expect(await left()).toEqual([2]);
  });
});

/** Resolves once somebody waits for a lock of this kind in the client's database. */
async function waitsForLock(client: pg.Client, kind: string): Promise<void> {
  const sql =
    "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE datname = current_database() AND locktype = $1 AND NOT granted";
  while ((await client.query(sql, [kind])).rowCount === 0);
}
