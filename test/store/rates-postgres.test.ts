/** Rates in PostgreSQL: the contract, for two servers of one database, and what it costs to ask. */
import pg from "pg";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { InsuredRates } from "../../src/core/insured-rates.js";
import { silent } from "../../src/core/logger.js";
import type { Rates } from "../../src/core/rates.js";
import { MemoryRates } from "../../src/http/rates.js";
import { openPostgres } from "../../src/store/postgres.js";
import { PostgresRates } from "../../src/store/rates-postgres.js";
import { rate, ratesContract, take } from "../http/rates-contract.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  let pool: pg.Pool;
  /** What was asked, by all. */
  const asked: string[] = [];

  beforeAll(async () => {
    const url = await freshDatabase();
    const store = await openPostgres({ url });
    await store.close();
    // As a server's own: big integers are numbers.
    pool = new pg.Pool({ connectionString: url, types: { getTypeParser } as never });
    return () => pool.end();
  });

  function open(): Rates {
    const rates = new PostgresRates((text, values) => {
      asked.push(text);
      return pool.query(text, [...values]);
    });
    onTestFinished(() => rates.close());
    return rates;
  }

  ratesContract("PostgreSQL", async (sharers) => Array.from({ length: sharers }, open), {
    runs: 15,
    seesAfterMs: 1001,
  });

  it("a send within two limits costs two statements at once, and nothing else; a refused one none but the first", async () => {
    const rates = open();
    const [wide, narrow] = [rate("wide", 300), rate("narrow", 2)];
    const costOf = async (act: () => unknown) => {
      asked.length = 0;
      await act();
      return asked.length;
    };
    expect(await costOf(() => rates.take([wide, narrow]))).toBe(2);
    expect(await costOf(() => rates.take([wide, narrow]))).toBe(2);
    // Taken and uncounted, each.
    expect(await costOf(() => rates.take([wide, narrow]))).toBe(4);
    expect(await costOf(() => rates.take([wide, narrow]))).toBe(0);
    vi.setSystemTime(Date.now() + 1001);
    expect(await costOf(() => rates.take([wide, narrow]))).toBe(4);
    expect(await costOf(() => take(rates, 1, wide))).toBe(1);
  });

  it("what fails in part counts nothing, and says so", async () => {
    const [good, long] = [
      rate("good", 1),
      rate(
        "x".repeat(100_000).replaceAll("x", () => `${Math.random()}`),
        1,
      ),
    ];
    const rates = open();
    await expect(async () => rates.take([good, long])).rejects.toThrow(/index row/);
    expect(await take(rates, 2, good)).toEqual([null, 10]);
  });

  it("a clock that is ahead elsewhere, or was, lets nobody wait for longer than a window", async () => {
    const [behind, ahead] = [open(), open()];
    for (const [aheadMs, expected] of [
      [9000, [10, 10]],
      [3_600_000, [null, 10]],
    ] as const) {
      const of = rate(`${aheadMs}`, 1);
      vi.setSystemTime(Date.now() + aheadMs);
      await take(ahead, 1, of);
      vi.setSystemTime(Date.now() - aheadMs);
      expect(await take(behind, 2, of)).toEqual(expected);
    }
  });

  it("a count that is held up holds a send up for a second at most, keeps no message from its place, and counts again", async () => {
    const url = await freshDatabase();
    const store = await openPostgres({ url });
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const rates = new InsuredRates(store.rates as Rates, new MemoryRates(), silent);
    const slow = rate("a", 1, 3600);
    await other.query("BEGIN; LOCK TABLE rates");
    const startedAt = performance.now();
    const held = Array.from({ length: 50 }, () => take(rates, 1, slow));
    for (let n = 0; n < 20; n++)
      await store.log.append({ room: "lobby", author: { id: null, name: "Ana" }, text: `${n}` });
    const heldMs = () => performance.now() - startedAt;
    // Generous: what is shown is that it is not the ten seconds of a statement.
    expect((await Promise.all(held)).flat().filter((waitS) => waitS === null)).toHaveLength(1);
    expect(heldMs()).toBeLessThan(6000);
    await other.query("COMMIT");
    // What was counted too late has been given back: counted here, it must not be in the way elsewhere for an hour.
    const points = async () => (await other.query("SELECT sum(points)::int AS n FROM rates")).rows[0].n;
    await expect.poll(points, { timeout: 10_000 }).toBe(0);
    await expect.poll(() => take(store.rates as Rates, 1, slow), { timeout: 10_000 }).toEqual([null]);
    await other.end();
    await store.close();
  });

  it("what has been over for an hour is removed, nothing else is, and nothing is asked once it is closed", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    const rates = new PostgresRates((text, values) => pool.query(text, [...values]));
    const [old, late] = [rate("old"), rate("late")];
    await take(rates, 1, old);
    vi.setSystemTime(Date.now() + 3_000_000);
    await take(rates, 1, late);
    vi.advanceTimersByTime(600_000);
    const kept = async () => {
      const keys = [old.key, late.key];
      const { rows } = await pool.query("SELECT key FROM rates WHERE key = ANY($1)", [keys]);
      return rows.map(({ key }) => key);
    };
    expect(await kept()).toEqual([old.key, late.key]);
    vi.advanceTimersByTime(600_000);
    await expect.poll(kept).toEqual([late.key]);
    rates.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is written without a flush, by no named statement, which a pooler would lose, and makes no table", async () => {
    asked.length = 0;
    await take(open(), 1, rate("a"));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^\s*INSERT INTO "rates"/);
    const { rows } = await pool.query("SELECT relpersistence FROM pg_class WHERE relname = 'rates'");
    expect(rows).toEqual([{ relpersistence: "u" }]);
    const named = await pool.query("SELECT name FROM pg_prepared_statements");
    expect(named.rows).toEqual([]);
  });
});

function getTypeParser(oid: number, format?: "text" | "binary"): (value: never) => unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as "text");
}
