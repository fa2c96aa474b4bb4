/** `npm run backup`: a copy of one moment, made while servers run and write, or a clear text and nothing left behind. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, vi } from "vitest";
import { makeDatabase, say, test, textsIn } from "../support/copies.js";
import { call, idOf, pollBody } from "../support/http-client.js";
import { parkPolls } from "../support/parked.js";
import { preparePowerCut } from "../support/power-cut.js";
import { runProgram } from "../support/program.js";
import { startServer } from "../support/server.js";
import { makeSmallDisk } from "../support/small-disk.js";
import { tools } from "../support/tools.js";

// Several programs one after another, each of which takes a second to start where others run beside it.
vi.setConfig({ testTimeout: 60_000 });

test("a copy that is made during sends is one moment of the log, and nobody notices", async ({
  start,
  agent,
  backUp,
  copy,
}) => {
  const server = await start();
  const acked: string[] = [];
  const stop = new AbortController();
  const write = async (writer: string) => {
    for (let n = 0; !stop.signal.aborted; n++) {
      const text = `${writer} ${n}`;
      const answer = await call(`${server.url}/send`, { form: { name: writer, text }, agent });
      expect(answer.status).toBe(201);
      acked.push(text);
    }
  };
  const [poll] = await parkPolls(server.url, 1);
  const writers = ["a", "b", "c", "d"].map(write);
  expect(poll && pollBody(await poll.answer).messages.length).toBeGreaterThan(0);
  const before = [...acked];
  const { code, stdout } = await backUp(copy);
  const during = acked.length - before.length;
  stop.abort();
  await Promise.all(writers);
  expect(stdout).toMatch(
    /^Copied \S+ to \S+: \d+ messages up to id \d+, \d+ bytes, checked and flushed, in [\d.]+ s\./,
  );
  expect(code).toBe(0);
  expect(during).toBeGreaterThan(0);
  const [copied, all] = [textsIn(copy), textsIn(server.database)];
  expect(copied).toEqual(expect.arrayContaining(before));
  expect(copied).toEqual(all.slice(0, copied.length));
  expect(await server.stop()).toBe(0);
});

test("it is for this user alone, without the session secret, and says so", async ({
  folder,
  database,
  copy,
  backUp,
}) => {
  await makeDatabase(folder);
  const { stdout } = await backUp(copy);
  expect(stdout).toContain("The session secret is not in it");
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(readFileSync(copy).includes(readFileSync(`${database}.secret`, "utf8").trim())).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(["copy.db", "parkbench.db", "parkbench.db.secret"]);
  // A server can start on it as it is.
  const server = await startServer({ folder, env: { DATABASE_URL: copy } });
  expect(idOf(await say(server, "goes on"))).toBe(2);
  await server.stop();
});

test("a copy that is there is replaced with --force alone", async ({ folder, copy, backUp, refusal }) => {
  await makeDatabase(folder);
  writeFileSync(copy, "older");
  expect(await refusal(backUp, copy)).toBe(
    `${copy} is there already. Name another file, or replace it with --force.\n`,
  );
  expect(readFileSync(copy, "utf8")).toBe("older");
  expect((await backUp(copy, "--force")).code).toBe(0);
  expect(textsIn(copy)).toEqual(["kept"]);
});

describe.concurrent("a backup that cannot be", () => {
  test("into a missing folder, over a folder, over the database itself", async ({
    folder,
    database,
    backUp,
    refusal,
  }) => {
    await makeDatabase(folder);
    expect(await refusal(backUp, join(folder, "away", "copy.db"))).toMatch(
      /The folder \S+away is not there\. Make it/,
    );
    mkdirSync(join(folder, "sub"));
    expect(await refusal(backUp, join(folder, "sub"))).toMatch(/sub is not a regular file\./);
    symlinkSync(database, join(folder, "link.db"));
    for (const own of [database, `${database}.secret`, join(folder, "link.db")])
      expect(await refusal(backUp, own, "--force")).toMatch(/is the database itself, or a part of it/);
    expect(textsIn(database)).toEqual(["kept"]);
  });

  test("of no database, and none is made", async ({ database, copy, backUp, refusal }) => {
    expect(await refusal(backUp, copy)).toBe(
      `There is no database ${database}. Set DATABASE_URL to the one that is to be copied.\n`,
    );
    expect(existsSync(database)).toBe(false);
  });

  test("of an empty file, a letter, and another program's database", async ({
    database,
    copy,
    backUp,
    refusal,
  }) => {
    writeFileSync(database, "");
    expect(await refusal(backUp, copy)).toMatch(/is empty: no Parkbench has written to it/);
    writeFileSync(database, "Dear Sir, ".repeat(1_000));
    expect(await refusal(backUp, copy)).toMatch(/is not a SQLite database/);
    writeFileSync(database, "");
    const music = new Database(database);
    music.exec("CREATE TABLE songs (title TEXT)");
    music.close();
    expect(await refusal(backUp, copy)).toMatch(/belongs to another program/);
  });

  test("of a damaged database", async ({ folder, database, copy, backUp, refusal }) => {
    await makeDatabase(folder);
    const bytes = readFileSync(database);
    bytes.fill(0xff, 3 * 4_096);
    writeFileSync(database, bytes);
    expect(await refusal(backUp, copy)).toMatch(/parkbench\.db is damaged .*Restore a backup/);
  });

  test("asked for with other words", async ({ backUp, refusal, copy }) => {
    for (const args of [[], [copy, copy], [copy, "--frce"]])
      expect(await refusal(backUp, ...args)).toMatch(/Usage: npm run backup -- FILE \[--force\]/);
  });

  test.skipIf(!tools.mount)(
    "onto a disk that is too small, or read-only",
    async ({ folder, backUp, onTestFinished }) => {
      const disk = makeSmallDisk(64);
      onTestFinished(() => disk.remove());
      await makeDatabase(folder);
      const small = await backUp(join(disk.folder, "copy.db"));
      expect(small.stderr).toMatch(/^There is no room for \S+: that disk is full\. Make room/);
      disk.makeReadOnly();
      const readOnly = await backUp(join(disk.folder, "copy.db"));
      expect(readOnly.stderr).toMatch(/cannot be written \(EROFS\)\. Nothing was changed/);
      expect([small.code, readOnly.code, readdirSync(disk.folder)]).toEqual([1, 1, []]);
    },
  );
});

test.skipIf(!tools.cc)(
  "guarantee 2: a copy that was said to be made survives a power cut",
  async ({ folder, copy }) => {
    await makeDatabase(folder);
    const aside = `${folder}.aside`;
    const cut = preparePowerCut(folder, aside);
    cut.settle();
    const database = join(folder, "parkbench.db");
    const { code } = await runProgram("backup", [copy], { ...cut.env, DATABASE_URL: database });
    expect(code).toBe(0);
    cut.leave(join(aside, "left"));
    expect(textsIn(join(aside, "left", "copy.db"))).toEqual(["kept"]);
  },
);
