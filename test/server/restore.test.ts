/** `npm run restore`: the backup in the database's place under a new epoch, or a clear text and nothing changed. */
import { chownSync, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, vi } from "vitest";
import { asideOf, epochOf, makeDatabase, read, say, test, textsIn } from "../support/copies.js";
import { call, idOf } from "../support/http-client.js";
import { endOf } from "../support/parked.js";

// Several programs one after another, each of which takes a second to start where others run beside it.
vi.setConfig({ testTimeout: 60_000 });

test("the backup is in place under a new epoch, ids go on above all that were given, the old one is kept", async ({
  folder,
  database,
  copy,
  backUp,
  restore,
  start,
}) => {
  await makeDatabase(folder, ["one"]);
  await backUp(copy);
  // Killed: the newest rows are in the -wal alone.
  await makeDatabase(folder, ["two", "three"], "SIGKILL");
  expect(statSync(`${database}-wal`).size).toBeGreaterThan(0);
  const { code, stdout, stderr } = await restore(copy);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(
    /1 messages; new ids come after 3, in the new epoch [0-9a-f]{6}\.\n.* is in \S+\.before-/,
  );
  const aside = asideOf(folder);
  expect([
    existsSync(`${database}-wal`),
    existsSync(`${database}-shm`),
    existsSync(`${database}-journal`),
  ]).toEqual([false, false, false]);
  expect(textsIn(aside)).toEqual(["one", "two", "three"]);
  expect(textsIn(database)).toEqual(["one"]);
  expect(new Set([database, copy, aside].map(epochOf)).size).toBe(2);
  expect(epochOf(database)).not.toBe(epochOf(copy));
  const server = await start();
  expect(idOf(await say(server, "new"))).toBe(4);
});

test("everybody is signed out, and may have the same name at once; bans are those of the backup, codes are spent", async ({
  database,
  copy,
  backUp,
  restore,
  start,
}) => {
  const server = await start();
  const signIn = (url: string) => call(`${url}/session`, { form: { name: "Ana" } });
  const cookie = (await signIn(server.url)).headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const addBan = `INSERT INTO restrictions (kind, subject_kind, subject, created_by) VALUES ('ban', 'name', ?, 'owner')`;
  const ban = (name: string) => {
    const db = new Database(database);
    db.prepare(addBan).run(name);
    db.close();
  };
  ban("before");
  const db = new Database(database);
  db.exec("INSERT INTO moderator_codes VALUES (x'00', 'Ana', 9e15)");
  db.close();
  expect((await backUp(copy)).code).toBe(0);
  ban("after");
  // The twin: held while the session lives.
  expect((await signIn(server.url)).status).toBe(409);
  await server.stop();
  await restore(copy);
  expect(read(database, "SELECT subject FROM restrictions")).toEqual(["before"]);
  expect(read(copy, "SELECT label FROM moderator_codes")).toEqual(["Ana"]);
  expect(read(database, "SELECT label FROM moderator_codes")).toEqual([]);
  const again = await start();
  const session = await call(`${again.url}/session`, { headers: { cookie } });
  expect(JSON.parse(session.text)).toMatchObject({ user: null });
  expect((await signIn(again.url)).status).toBe(201);
});

describe("while a server has the database open", () => {
  test("it is refused, be the server idle, and nothing has changed for anybody", async ({
    database,
    copy,
    backUp,
    restore,
    refusal,
    start,
  }) => {
    const server = await start();
    await backUp(copy);
    const cursor = await endOf(server.url);
    expect(await refusal(restore, copy)).toBe(
      `A server, or another program, has the database ${database} open. Stop it and restore again; nothing was changed.\n`,
    );
    // Also where somebody is sure of the opposite.
    expect(await refusal(restore, copy, "--stopped")).toMatch(/Stop it and restore again/);
    expect(await endOf(server.url)).toBe(cursor);
    expect((await say(server, "goes on")).status).toBe(201);
    expect(await server.stop()).toBe(0);
    expect((await restore(copy)).code).toBe(0);
  });

  test("negative twin: one that was killed has nothing open", async ({ copy, backUp, restore, start }) => {
    const server = await start();
    await backUp(copy);
    await server.stop("SIGKILL");
    expect((await restore(copy)).code).toBe(0);
  });
});

test("onto a new machine: without a database, and without its folder", async ({
  folder,
  database,
  copy,
  backUp,
  restore,
}) => {
  await makeDatabase(folder);
  await backUp(copy);
  renameSync(copy, `${folder}.moved`);
  rmSync(folder, { recursive: true });
  const { code, stdout } = await restore(`${folder}.moved`);
  rmSync(`${folder}.moved`);
  expect(code).toBe(0);
  expect(stdout).toContain(
    "There was no database before.\nThe ids that were given after the backup are not known",
  );
  expect(textsIn(database)).toEqual(["kept"]);
  expect(readdirSync(folder)).toEqual(["parkbench.db"]);
  expect(statSync(database).mode & 0o777).toBe(0o600);
});

test.skipIf(process.getuid?.() !== 0)(
  "it belongs to whom the old one belonged, also when root restores",
  async ({ folder, database, copy, backUp, restore }) => {
    await makeDatabase(folder);
    await backUp(copy);
    chownSync(database, 65_534, 65_534);
    await restore(copy);
    expect(statSync(database)).toMatchObject({ uid: 65_534, gid: 65_534 });
  },
);
