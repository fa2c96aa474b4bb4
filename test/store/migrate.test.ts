/** Migrations: read in order, applied once, by however many processes start together. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { pending, readMigrations } from "../../src/store/migrate.js";
import { migrateSqlite } from "../../src/store/migrate-sqlite.js";
import { compile, connect, newFolder, newPath, open } from "./places.js";

/** The last step of the schema. */
const NEWEST = readMigrations(new URL("../../migrations/sqlite/", import.meta.url)).length;

const step = (number: number, name: string, sql = "") => ({ number, name, sql });

describe("the files of a folder", () => {
  const folderOf = (files: readonly string[]) => {
    const folder = pathToFileURL(`${newFolder()}/`);
    for (const file of files) writeFileSync(new URL(file, folder), `-- ${file}`);
    return folder;
  };

  it("are read in the order of their numbers; other files are none", () => {
    const folder = folderOf(["0002_b_c.sql", "0001_a.sql", "README.md", "0003_d.sql~"]);
    expect(readMigrations(folder)).toEqual([
      step(1, "a", "-- 0001_a.sql"),
      step(2, "b_c", "-- 0002_b_c.sql"),
    ]);
  });

  it.each([[["0002_b.sql"]], [["0001_a.sql", "0003_c.sql"]], [["0001_a.sql", "0001_b.sql"]], [[]]])(
    "%j are refused: a hole, a double, or nothing",
    (files) => {
      expect(() => readMigrations(folderOf(files))).toThrow("not numbered");
    },
  );
});

describe("the steps that a database lacks", () => {
  const known = [step(1, "a"), step(2, "b")];

  it("are those after its newest", () => {
    expect(pending(known, [], "x.db")).toEqual(known);
    expect(pending(known, [step(1, "a")], "x.db")).toEqual([step(2, "b")]);
    expect(pending(known, known, "x.db")).toEqual([]);
  });

  it.each([
    ["newer", [...known, step(3, "c")], "newer Parkbench"],
    ["another program's", [step(1, "z")], "another program"],
    ["with a hole", [step(2, "b")], "another program"],
  ])("are not known for one that is %s", (_, applied, text) => {
    expect(() => pending(known, applied, "x.db")).toThrow(text);
  });
});

describe("applying them", () => {
  const make = () => {
    const db = new Database(newPath());
    onTestFinished(() => void db.close());
    const applied = () => db.prepare("SELECT number || name FROM migrations ORDER BY number").pluck().all();
    return { db, applied };
  };

  it("happens once, and later for what was added", () => {
    const { db, applied } = make();
    const first = step(1, "a", "CREATE TABLE t (n); INSERT INTO t VALUES (1);");
    migrateSqlite(db, [first], "x.db");
    migrateSqlite(db, [first], "x.db");
    migrateSqlite(db, [first, step(2, "b", "INSERT INTO t VALUES (2);")], "x.db");
    expect(db.prepare("SELECT n FROM t").pluck().all()).toEqual([1, 2]);
    expect(applied()).toEqual(["1a", "2b"]);
  });

  it("is all or nothing: a step that fails takes those before it along", () => {
    const { db } = make();
    const steps = [step(1, "a", "CREATE TABLE t (n);"), step(2, "b", "INSERT INTO nowhere VALUES (1);")];
    expect(() => migrateSqlite(db, steps, "x.db")).toThrow("nowhere");
    expect(db.inTransaction).toBe(false);
    expect(db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get()).toBe(0);
  });

  it("by 6 processes at once gives every one of them the same database, 15 times of 15", async () => {
    const script = fileURLToPath(new URL("../support/opener.mjs", import.meta.url));
    const compiled = pathToFileURL(compile()).href;
    const children: ChildProcess[] = Array.from({ length: 6 }, () => fork(script, [compiled]));
    onTestFinished(() => {
      for (const child of children) child.kill();
    });
    const all = (ask: (child: ChildProcess) => void) =>
      Promise.all(
        children.map(async (child) => {
          const answer = once(child, "message");
          ask(child);
          return (await answer)[0] as unknown;
        }),
      );
    expect(await all(() => {})).toEqual(Array(6).fill("ready"));
    for (let round = 0; round < 15; round++) {
      const url = newPath();
      const answers = await all((child) => child.send({ url }));
      const { log } = await open(url);
      expect(answers).toEqual(Array(6).fill({ epoch: log.epoch, rooms: 1 }));
      expect(connect(url).prepare("SELECT count(*) FROM migrations").pluck().get()).toBe(NEWEST);
    }
  });
});

describe("a process that is killed while it sends", () => {
  it("leaves every acknowledged message, once, in a database that opens and goes on", async () => {
    const script = fileURLToPath(new URL("../support/opener.mjs", import.meta.url));
    const compiled = pathToFileURL(compile()).href;
    const url = newPath();
    const acknowledged: { id: number; text: string }[] = [];
    for (let kill = 0; kill < 5; kill++) {
      const child = fork(script, [compiled]);
      onTestFinished(() => void child.kill("SIGKILL"));
      await once(child, "message");
      const before = acknowledged.length;
      child.send({ url, isSending: true });
      await new Promise<void>((resolve) => {
        child.on("message", (sent) => {
          acknowledged.push(...(sent as { id: number; text: string }[]));
          if (acknowledged.length > before + 40 * (kill + 1)) resolve();
        });
      });
      child.kill("SIGKILL");
      await once(child, "close");
    }
    const { log } = await open(url);
    const stored = new Map((await log.since("all", 0, 100_000)).messages.map(({ id, text }) => [id, text]));
    for (const { id, text } of acknowledged) expect(stored.get(id)).toBe(text);
    expect(new Set(acknowledged.map(({ id }) => id)).size).toBe(acknowledged.length);
    const { message } = await log.append({ room: "lobby", author: { id: null, name: "Ana" }, text: "a" });
    expect(message.id).toBeGreaterThan(Math.max(...stored.keys()));
  });
});
