/** How PostgreSQL carries out the log's statements: by an index, however long the log and however quiet the room. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BEFORE, SINCE, SINCE_ALL } from "../../src/store/message-reads-postgres.js";
import { openPostgres } from "../../src/store/postgres.js";
import { SQL } from "../../src/store/retention-postgres.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

const ROWS = 20_000;
/** Of few more, reading all of them is rightly taken to be quicker than looking 200 up. */
const NONCES = 60_000;
const END = Number.MAX_SAFE_INTEGER;
const BYTES_MAX = 1_048_576;

/** Three rooms: one of which all that is new, one that was like this and is silent now, one with a message now and then. */
const FILL = `INSERT INTO messages (room, author_name, text, nonce)
  SELECT CASE WHEN n % 100 = 0 THEN 'cold' WHEN n <= ${ROWS / 4} THEN 'was hot' ELSE 'hot' END, 'Cron', 'text ' || n, 'n' || n
  FROM generate_series(1, ${ROWS}) AS n`;
const FILL_NONCES = `INSERT INTO nonces (sender, nonce, message_id) SELECT 'a:cron', nonce, id FROM messages;
  INSERT INTO nonces (sender, nonce, message_id) SELECT 'a:ana', n, n FROM generate_series(1, ${NONCES}) AS n;
  INSERT INTO pruned_nonces (at, sender, nonce) SELECT n, 'a:ana', n FROM generate_series(1, ${NONCES}) AS n;
  INSERT INTO pruned (room, upto) SELECT 'room ' || n, n FROM generate_series(1, ${ROWS}) AS n`;

/** What the statistics have not heard of: a room that is new, and one that is cold no more. */
const GROW = `INSERT INTO messages (room, author_name, text)
  SELECT room, 'Cron', 'x' FROM unnest(ARRAY['new', 'cold']) AS room, generate_series(1, 2000)`;

interface Step {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Step[];
}

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  let client: pg.Client;

  beforeAll(async () => {
    const url = await freshDatabase();
    await (await openPostgres({ url })).close();
    client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const sql of [FILL, FILL_NONCES, "ANALYZE", GROW]) await client.query(sql);
  });
  afterAll(() => client.end());

  /** How many rows of the large tables were looked at, those among them that were in vain. */
  async function looksOf(sql: string, values: readonly unknown[]): Promise<number> {
    await client.query("BEGIN");
    const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, [...values]);
    await client.query("ROLLBACK");
    const [{ Plan }] = rows[0]["QUERY PLAN"] as readonly [{ readonly Plan: Step }];
    const counts = stepsOf(Plan)
      .filter((step) => step["Node Type"].includes("Scan") && step["Relation Name"] !== undefined)
      .map((step) => (step["Actual Rows"] + (step["Rows Removed by Filter"] ?? 0)) * step["Actual Loops"]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  const rooms = ["hot", "was hot", "cold", "new", "none"];

  describe("a read of 100 rows looks at no more than those and the one behind them", () => {
    const page = (id: number, asked: readonly string[]) => [id, 101, 100, BYTES_MAX, asked];

    it.each(rooms)("of the room %j, from the start, the middle and near the end", async (room) => {
      for (const after of [0, ROWS / 2, ROWS - 10])
        expect(await looksOf(SINCE, page(after, [room]))).toBeLessThanOrEqual(102);
      for (const before of [END, ROWS / 2])
        expect(await looksOf(BEFORE, page(before, [room]))).toBeLessThanOrEqual(102);
    });

    it("of several rooms: each of them", async () => {
      expect(await looksOf(SINCE, page(0, rooms))).toBeLessThanOrEqual(505);
      expect(await looksOf(BEFORE, page(END, rooms))).toBeLessThanOrEqual(505);
    });

    it("of all rooms", async () => {
      for (const after of [0, ROWS / 2, ROWS - 10])
        expect(await looksOf(SINCE_ALL, [after, 101, 100, BYTES_MAX])).toBeLessThanOrEqual(102);
    });

    it("which a condition on the room alone would not give: this test can tell", async () => {
      const sql = "SELECT * FROM messages WHERE room = $2 AND id > $1 ORDER BY id LIMIT 101";
      expect(await looksOf(sql, [ROWS / 2, "was hot"])).toBeGreaterThan(1000);
    });
  });

  describe("keeping less looks at no more than a batch", () => {
    it.each(rooms)("in the room %j", async (room) => {
      expect(await looksOf(SQL.back, [room, END, 9])).toBeLessThanOrEqual(10);
      expect(await looksOf(SQL.oldestInRoom, [END, room])).toBeLessThanOrEqual(201);
      expect(await looksOf(SQL.oldestInRoom, [300, room])).toBeLessThanOrEqual(201);
      expect(await looksOf(SQL.nextRoom, [room])).toBeLessThanOrEqual(1);
    });

    it("in all rooms", async () => {
      expect(await looksOf(SQL.oldest, [END, 0])).toBeLessThanOrEqual(200);
      expect(await looksOf(SQL.rooms, [5, END])).toBeLessThanOrEqual(1000);
      expect(await looksOf(SQL.firstRoom, [])).toBeLessThanOrEqual(1);
    });

    it("when it removes one: each row by its id, and each nonce by its key", async () => {
      const ids = Array.from({ length: 200 }, (_, n) => n + 1);
      // Once to hold the row, once to remove it; the nonce.
      const looks = await looksOf(SQL.remove, [ids, ids.map(() => "a:cron"), 1]);
      expect(looks).toBeGreaterThan(200);
      expect(looks).toBeLessThanOrEqual(601);
      expect(await looksOf(SQL.forget, [END, 0])).toBeLessThanOrEqual(601);
    });
  });
});

function stepsOf(step: Step): readonly Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}
