/** Keeping less in SQLite: what readers are told meanwhile, and how long senders wait. */
import { setTimeout as sleep } from "node:timers/promises";
import type Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/core/limits.js";
import type { Statement } from "../../src/store/connection.js";
import { MessageReads } from "../../src/store/message-reads-sqlite.js";
import { SQL } from "../../src/store/retention-sqlite.js";
import { connect, newPath, open } from "./places.js";

const END = Number.MAX_SAFE_INTEGER;
const draft = { room: "lobby", author: { id: 7, name: "Ana" }, text: "a", nonce: "n" };

async function place() {
  const path = newPath();
  return { store: await open(path), db: connect(path) };
}

describe("a reader", () => {
  it("hears of rows that another process removes just before it reads them", async () => {
    const { db } = await place();
    db.exec("INSERT INTO messages (room, author_name, text) VALUES ('a', 'Cron', '1'), ('a', 'Cron', '2')");
    const gone = "DELETE FROM messages WHERE id = 1; INSERT OR REPLACE INTO pruned VALUES ('a', 1)";
    const reads = new MessageReads(
      telling(db, () => db.exec(gone)),
      LIMITS.answerBytesMax,
    );
    expect(reads.since(["a"], 0, 10)).toMatchObject({ messages: [{ id: 2 }], gap: 1 });
    expect(reads.since(["a"], 1, 10)).not.toHaveProperty("gap");
  });
});

it("no statement goes through all messages or nonces", async () => {
  const { db } = await place();
  for (const [name, sql] of Object.entries(SQL)) {
    const values = Array(sql.split("?").length - 1).fill(1);
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    const steps = plan.map(({ detail }) => detail);
    expect(steps.join(), name).not.toMatch(/SCAN (messages|nonces|pruned)/);
  }
});

it("a send that comes while 20,000 rows are removed waits for a batch at most", async () => {
  const { store, db } = await place();
  db.exec(
    "INSERT INTO messages (room, author_name, text) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT 'a', 'Cron', 'x' FROM n",
  );
  let [batches, done] = [0, false];
  const pruning = (async () => {
    while ((await store.retention.pruneRoom("a", END)).more) batches += 1;
    done = true;
  })();
  const atSend: number[] = [];
  const waits: number[] = [];
  while (!done) {
    const [before, startedAt] = [batches, performance.now()];
    await store.log.append({ ...draft, nonce: null, room: "b" });
    waits.push(performance.now() - startedAt);
    atSend.push(batches - before);
    await sleep(1);
  }
  await pruning;
  console.log(
    `longest of ${waits.length} sends during ${batches} batches: ${Math.max(...waits).toFixed(1)} ms`,
  );
  expect(waits.length).toBeGreaterThan(10);
  // One that was under way, and the one of its own transaction.
  expect(Math.max(...atSend)).toBeLessThanOrEqual(2);
});

/** A connection on which something happens before each read of rows. */
function telling(db: Database.Database, tell: () => void) {
  return {
    inTransaction: false,
    exec: (sql: string) => db.exec(sql),
    close: () => {},
    prepare(sql: string) {
      const statement = db.prepare(sql);
      const own: Statement = {
        run: (...values) => statement.run(...values),
        get: (...values) => statement.get(...values),
        all(...values) {
          tell();
          return statement.all(...values);
        },
        raw() {
          statement.raw();
          return own;
        },
      };
      return own;
    },
  };
}
