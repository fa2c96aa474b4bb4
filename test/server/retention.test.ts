/** Keeping less in processes of their own: killed at any moment, two at once, and while a server takes sends. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, onTestFinished } from "vitest";
import { openStore } from "../../src/store/open.js";
import { call, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { until } from "../support/until.js";

const PROGRAM = fileURLToPath(new URL("../support/prune.mjs", import.meta.url));
const LIBRARY = new URL("../../dist/", import.meta.url).href;
const ROOMS = ["a", "b", "c"];

/** A database with so many rows, in turn in three rooms. */
async function fill(folder: string, rows: number): Promise<Database.Database> {
  const database = join(folder, "parkbench.db");
  await (await openStore({ url: database })).close();
  const db = new Database(database, { timeout: 5000 });
  onTestFinished(() => void db.close());
  const insert = db.prepare("INSERT INTO messages (room, author_name, text) VALUES (?, 'Cron', 'x')");
  db.transaction(() => {
    for (let n = 0; n < rows; n++) insert.run(ROOMS[n % 3]);
  })();
  return db;
}

function startPruning(db: Database.Database, keepMessages: number) {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, LIBRARY, db.name, String(keepMessages)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const kill = () => {
    child.kill("SIGKILL");
    return exited;
  };
  onTestFinished(kill);
  return { kill, rounds: () => output.split("round").length - 1, isReady: () => output.includes("ready") };
}

const countOf = (db: Database.Database) =>
  db.prepare("SELECT count(*) FROM messages").pluck().get() as number;
const uptoOf = (db: Database.Database, room: string) =>
  (db.prepare("SELECT upto FROM pruned WHERE room = ?").pluck().get(room) ?? 0) as number;

/** Of each room exactly the rows up to what is written down are gone. */
function expectNoSilentGap(db: Database.Database, rows: number): void {
  const read = db.transaction(() =>
    ROOMS.map((room) => ({
      room,
      upto: uptoOf(db, room),
      ids: db
        .prepare("SELECT id FROM messages WHERE room = ? AND id <= ? ORDER BY id")
        .pluck()
        .all(room, rows),
    })),
  );
  for (const { room, upto, ids } of read()) {
    const all = Array.from({ length: rows }, (_, n) => n + 1).filter((id) => ROOMS[(id - 1) % 3] === room);
    expect(ids, room).toEqual(all.filter((id) => id > upto));
  }
}

test("killed at any moment, it leaves no row that is gone and not written down, and the next goes on", async ({
  folder,
}) => {
  const rows = 9000;
  const db = await fill(folder, rows);
  const seen = [countOf(db)];
  for (let kills = 0; kills < 6; kills++) {
    const { kill } = startPruning(db, 10);
    await until(() => countOf(db) < (seen.at(-1) ?? 0), "some rows gone");
    await kill();
    expectNoSilentGap(db, rows);
    seen.push(countOf(db));
    // The dead one's claim would hold the next one up for three minutes.
    expect(db.prepare("SELECT until > 0 FROM pruner").pluck().get()).toBe(1);
    db.exec("UPDATE pruner SET until = 0");
  }
  expect(seen.at(-1)).toBeGreaterThan(30);
  const { rounds } = startPruning(db, 10);
  await until(() => rounds() > 0, "a whole round");
  expect(countOf(db)).toBe(30);
  expectNoSilentGap(db, rows);
});

test("of two on one file one works, and the other leaves it alone", async ({ folder }) => {
  const db = await fill(folder, 3000);
  const both = [startPruning(db, 10), startPruning(db, 10)];
  await until(() => countOf(db) === 30 && both.every(({ rounds }) => rounds() > 0), "all gone");
  expectNoSilentGap(db, 3000);
  const holder = db.prepare("SELECT holder FROM pruner").pluck();
  const first = holder.get();
  const before = both.map(({ rounds }) => rounds());
  await until(() => both.every(({ rounds }, n) => rounds() > (before[n] ?? 0) + 2), "some more rounds");
  expect(holder.get()).toBe(first);
});

test("guarantee 5: while it removes, another process's sends are stored, and its readers are told of the gap", async ({
  folder,
  start,
}) => {
  const rows = Number(process.env.PRUNE_ROWS ?? 6000);
  const db = await fill(folder, rows);
  const server = await start();
  db.exec("INSERT INTO rooms (name, title) SELECT DISTINCT room, room FROM messages");
  const { rounds } = startPruning(db, 10);
  const waits: number[] = [];
  for (let n = 0; rounds() === 0; n++) {
    const startedAt = performance.now();
    const sent = await call(`${server.url}/send`, { form: { name: "Ana", text: `row ${n}` } });
    waits.push(performance.now() - startedAt);
    expect(sent.status, sent.text).toBe(201);
  }
  waits.sort((a, b) => a - b);
  const middle = waits[Math.floor(waits.length / 2)]?.toFixed(1);
  console.log(
    `${waits.length} sends while ${rows} rows went: median ${middle} ms, longest ${waits.at(-1)?.toFixed(1)} ms`,
  );
  expect(waits.length).toBeGreaterThan(5);
  const body = pollBody(await call(`${server.url}/poll?since=1&room=a`));
  expect([body.messages.length, body.reset]).toEqual([10, { reason: "gap" }]);
  const twin = pollBody(await call(`${server.url}/poll?since=${uptoOf(db, "a")}&room=a`));
  expect([twin.messages.length, twin.reset]).toEqual([10, undefined]);
});
