/** A start that succeeds: what it says, what it makes, and what a restart keeps. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect } from "vitest";
import { call, idOf } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import type { ServerProcess } from "../support/server.js";

const lines = (text: string) => text.trim().split("\n");

test("one line says where it listens and where its data lies, and nothing else is said", async ({
  start,
}) => {
  const server = await start();
  const [line = "", ...more] = lines(server.output());
  expect(more).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({
    level: 30,
    msg: `Parkbench listens on http://127.0.0.1:${server.port} and keeps its data in ${server.database}`,
  });
  expect((await call(server.url)).status).toBe(200);
});

test("the line is printed at every log level, and is the only one when the server is silent", async ({
  start,
}) => {
  const server = await start({ env: { LOG_LEVEL: "silent" } });
  await call(`${server.url}/poll?since=-1`);
  await server.stop();
  expect(lines(server.output())).toEqual([
    `Parkbench listens on ${server.url} and keeps its data in ${server.database}`,
  ]);
});

// Elsewhere than on Linux, 127.0.0.2 is no address of the machine.
test.skipIf(process.platform !== "linux")(
  "it listens on the loopback address only, unless HOST says otherwise",
  async ({ start, folder }) => {
    const server = await start();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const outcome = await new Promise((resolve) => {
      const socket = connect({ port: server.port, host: "127.0.0.2" });
      socket.once("connect", () => resolve("connected"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.once("close", () => socket.destroy());
    });
    expect(outcome).not.toBe("connected");
    const open = await start({ env: { HOST: "0.0.0.0", DATABASE_URL: join(folder, "open.db") } });
    expect(open.url).toMatch(/^http:\/\/0\.0\.0\.0:/);
    expect((await call(`http://127.0.0.2:${open.port}/healthz`)).status).toBe(200);
  },
);

test("the data folder, the database and the secret are made, for this user's eyes only", async ({
  start,
  folder,
}) => {
  const database = join(folder, "not", "there", "yet.db");
  await start({ env: { DATABASE_URL: database } });
  expect(readFileSync(database).subarray(0, 15).toString()).toBe("SQLite format 3");
  expect(statSync(`${database}.secret`).mode & 0o777).toBe(0o600);
  expect(readFileSync(`${database}.secret`, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
  for (const suffix of ["", "-wal", "-shm"]) expect(statSync(`${database}${suffix}`).mode & 0o077).toBe(0);
});

test("the secret is made in a mode of its own under any umask, and no draft of it is left behind", async ({
  start,
  folder,
}) => {
  await start({ command: ["sh", "-c", `umask 000 && exec "${process.execPath}" dist/server.js`] });
  expect(readdirSync(folder).filter((name) => name.includes("secret"))).toEqual(["parkbench.db.secret"]);
  expect(statSync(join(folder, "parkbench.db.secret")).mode & 0o777).toBe(0o600);
});

test("with SESSION_SECRET set, none is kept on disk", async ({ start }) => {
  const server = await start({ env: { SESSION_SECRET: "a secret of sixteen letters" } });
  expect(existsSync(`${server.database}.secret`)).toBe(false);
});

test("DATABASE_URL may be a file: address", async ({ start, folder }) => {
  const server = await start({ env: { DATABASE_URL: `file://${join(folder, "by-url.db")}` } });
  expect(server.output()).toContain(join(folder, "by-url.db"));
  expect(existsSync(join(folder, "by-url.db"))).toBe(true);
});

test("a session, a message, the epoch and the secret survive a restart", async ({ start }) => {
  const first = await start();
  const { cookie, token } = await signIn(first);
  const sent = await call(`${first.url}/send`, { form: { text: "before", token }, headers: { cookie } });
  const secret = readFileSync(`${first.database}.secret`);
  expect(await first.stop()).toBe(0);

  const second = await start();
  expect(readFileSync(`${second.database}.secret`)).toEqual(secret);
  const who = await call(`${second.url}/session`, { headers: { cookie } });
  expect(JSON.parse(who.text)).toMatchObject({ user: { name: "Ana" }, token });
  // The form token of a page opened before the restart is still good.
  const again = await call(`${second.url}/send`, { form: { text: "after", token }, headers: { cookie } });
  expect(again.status).toBe(201);
  expect(idOf(again)).toBe(idOf(sent) + 1);
  expect(again.text).toContain('"name":"Ana"');
  expect(epochOf(again.text)).toBe(epochOf(sent.text));
});

test("negative twin: with another secret the same cookie is nobody", async ({ start }) => {
  const first = await start();
  const { cookie } = await signIn(first);
  await first.stop();
  const second = await start({ env: { SESSION_SECRET: "another one of sixteen" } });
  const who = await call(`${second.url}/session`, { headers: { cookie } });
  expect(JSON.parse(who.text)).toMatchObject({ user: null });
});

test("an old secret after the new one still knows its sessions: secrets can be rotated", async ({
  start,
}) => {
  const [old, fresh] = ["the old secret of sixteen", "the new secret of sixteen"];
  const first = await start({ env: { SESSION_SECRET: old } });
  const { cookie } = await signIn(first);
  await first.stop();
  const second = await start({ env: { SESSION_SECRET: `${fresh},${old}` } });
  const who = await call(`${second.url}/session`, { headers: { cookie } });
  expect(JSON.parse(who.text)).toMatchObject({ user: { name: "Ana" } });
});

test("after a graceful stop the database is one file, whole and flushed", async ({ start, folder }) => {
  const server = await start();
  await call(`${server.url}/send`, { form: { name: "Ana", text: "kept" } });
  await server.stop();
  expect(readdirSync(folder).toSorted()).toEqual(["parkbench.db", "parkbench.db.secret"]);
  const db = new Database(server.database, { readonly: true });
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  expect(db.prepare("SELECT text FROM messages").pluck().all()).toEqual(["kept"]);
  db.close();
});

function epochOf(sent: string): string | undefined {
  return (JSON.parse(sent) as { next: string }).next.split("-")[1];
}

async function signIn({ url }: ServerProcess): Promise<{ cookie: string; token: string }> {
  const { headers, text } = await call(`${url}/session`, { form: { name: "Ana" } });
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  return { cookie, token: (JSON.parse(text) as { token: string }).token };
}
