/** A start that cannot be: a clear text, exit code 1, no stack trace, and nothing of anybody's changed. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import { failedStart } from "../support/failed-start.js";
import { call } from "../support/http-client.js";
import { test as ownTest } from "../support/own-server.js";
import { startServer } from "../support/server.js";
import { makeSmallDisk } from "../support/small-disk.js";
import { tools } from "../support/tools.js";

const test = ownTest.extend<{ readonly path: string }>({
  path: async ({ folder }, use) => use(join(folder, "chat.db")),
});

/** Starts, and gives what it said below the heading. */
async function mistakes(database: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await failedStart({ DATABASE_URL: database, ...env });
  expect(stderr).toMatch(/^Parkbench cannot start:\n( {2}\S.*\n)+$/);
  expect(stderr).not.toMatch(/ {4}at |node:internal|SqliteError|Error:/);
  expect(stdout).toBe("");
  expect(code).toBe(1);
  return stderr.split("\n").slice(1, -1).join("\n");
}

/** A database as a server that was stopped has left it. */
async function makeDatabase(path: string): Promise<void> {
  const server = await startServer({ env: { DATABASE_URL: path } });
  await server.stop();
}

describe.concurrent("a database in use", () => {
  // Ten seconds by its nature: a start waits that long for another process that may be migrating. First, so that the
  // others run meanwhile.
  test("a database that another program holds locked", { timeout: 30_000 }, async ({ path }) => {
    await makeDatabase(path);
    const holder = new Database(path);
    holder.pragma("locking_mode = EXCLUSIVE");
    holder.exec("BEGIN EXCLUSIVE");
    expect(await mistakes(path)).toMatch(/locked by another program/);
    holder.close();
  });
});

describe.concurrent("a value that cannot be", () => {
  test("every mistake in the environment is told, a line each, before any file is made", async ({
    folder,
    path,
  }) => {
    const env = {
      PORT: "abc",
      SESSION_SECRET: "short",
      PUBLIC_ORIGIN: "chat.school",
      TRUST_PROXY: "yes",
      LOG_LEVEL: "loud",
      WORKERS: "none",
    };
    const lines = (await mistakes(path, env)).split("\n");
    expect(lines.map((line) => line.trim().split(" ")[0]).toSorted()).toEqual(Object.keys(env).toSorted());
    expect(readdirSync(folder)).toEqual([]);
  });

  test.for([
    ["mysql://root@db/chat", /DATABASE_URL .*mysql/],
    ["postgres://db/chat", /SESSION_SECRET must be set with PostgreSQL/],
    ["file:chat.db?mode=ro", /file: DATABASE_URL takes no parameters/],
    [":memory:", /DATABASE_URL must name a file/],
  ] as const)("DATABASE_URL=%s", async ([url, text]) => {
    expect(await mistakes(url)).toMatch(text);
  });

  test("HOST is no address of this machine", async ({ path }) => {
    expect(await mistakes(path, { HOST: "192.0.2.1" })).toMatch(/^ {2}HOST "192\.0\.2\.1" is not an address/);
  });

  test("the port is taken", async ({ path }) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    expect(await mistakes(path, { PORT: String(port) })).toMatch(
      new RegExp(`^  Port ${port} on 127\\.0\\.0\\.1 is taken\\. .*set PORT`),
    );
    other.close();
  });

  test("the port is taken by a Parkbench on the same data: that one goes on undisturbed", async ({
    folder,
  }) => {
    const first = await startServer({ folder });
    expect(await mistakes(first.database, { PORT: String(first.port) })).toContain("is taken");
    const sent = await call(`${first.url}/send`, { form: { name: "Ana", text: "still here" } });
    expect(sent.status).toBe(201);
    expect(await first.stop()).toBe(0);
  });
});

describe.concurrent("a place that cannot be", () => {
  test("a folder", async ({ folder, path }) => {
    mkdirSync(path);
    expect(await mistakes(path)).toMatch(/chat\.db is a folder/);
    expect(readdirSync(folder, { recursive: true })).toEqual(["chat.db"]);
  });

  test("below a file", async ({ path }) => {
    writeFileSync(path, "");
    expect(await mistakes(join(path, "chat.db"))).toMatch(/The folder .* cannot be made/);
  });

  test("a link that leads to itself", async ({ path }) => {
    symlinkSync(path, path);
    expect(await mistakes(path)).toContain(path);
  });

  test("a text file, which stays as it is", async ({ path }) => {
    const letter = "Dear Sir, ".repeat(1000);
    writeFileSync(path, letter);
    expect(await mistakes(path)).toMatch(/chat\.db is not a SQLite database\. .*DATABASE_URL/);
    expect(readFileSync(path, "utf8")).toBe(letter);
    expect(existsSync(`${path}.secret`)).toBe(false);
  });

  test("another program's database, which stays as it is", async ({ path }) => {
    const music = new Database(path);
    music.exec("CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('Yesterday')");
    music.close();
    const before = readFileSync(path);
    expect(await mistakes(path)).toMatch(/belongs to another program/);
    expect(readFileSync(path)).toEqual(before);
  });

  test("a newer version's database", async ({ path }) => {
    await makeDatabase(path);
    const db = new Database(path);
    db.exec("INSERT INTO migrations (number, name, at) SELECT max(number) + 1, 'future', 0 FROM migrations");
    db.close();
    expect(await mistakes(path)).toMatch(/newer Parkbench/);
  });

  test("a database that was cut off", async ({ path }) => {
    await makeDatabase(path);
    writeFileSync(path, readFileSync(path).subarray(0, 20_000));
    expect(await mistakes(path)).toMatch(/is damaged .*backup/);
  });

  // Root may write whatever the mode says; the read-only disk below is for root.
  if (process.getuid?.() !== 0) {
    test("a folder that this user may not write", async ({ folder, path }) => {
      chmodSync(folder, 0o500);
      expect(await mistakes(path)).toMatch(/The folder .* cannot be written \(EACCES\)/);
      chmodSync(folder, 0o700);
    });
  }

  test.skipIf(!tools.mount)("a read-only disk", async ({ onTestFinished }) => {
    const disk = makeSmallDisk(1024);
    onTestFinished(() => disk.remove());
    await makeDatabase(join(disk.folder, "chat.db"));
    disk.makeReadOnly();
    expect(await mistakes(join(disk.folder, "fresh.db"))).toMatch(
      /The folder .* cannot be written \(EROFS\)/,
    );
    expect(await mistakes(join(disk.folder, "chat.db"))).toMatch(/cannot be written \(EROFS\)/);
    expect(await mistakes(join(disk.folder, "data", "chat.db"))).toMatch(/The folder .* cannot be made/);
  });
});
