/** Names of our own in a host's session store: it outlives our database, and its cookies live as the host says. */
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";
import session, { MemoryStore } from "express-session";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createChat } from "../../src/index.js";
import { Gate } from "../support/gate.js";
import { call, codeOf } from "../support/http-client.js";
import { cookieIn, signIn } from "../support/member.js";
import { makeFolder } from "../support/server.js";
import { until } from "../support/until.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A host that keeps sessions for an hour, or for a week when asked at /remember; one chat, on this database. */
async function start(database: string, store: MemoryStore, { resave = false } = {}): Promise<string> {
  const app = express();
  const cookie = { maxAge: HOUR_MS };
  app.use(session({ secret: "the host's own secret", store, resave, saveUninitialized: false, cookie }));
  app.post("/remember", (req, res) => {
    req.session.cookie.maxAge = 7 * DAY_MS;
    Object.assign(req.session, { basket: "a pear" });
    res.sendStatus(204);
  });
  app.get("/at-host", (req, res) => void res.json(req.session));
  app.use((req, _res, next) => {
    if (req.headers["x-mark"] !== undefined) Object.assign(req.session, { mark: req.headers["x-mark"] });
    next();
  });
  const chat = createChat({ database, secrets: ["the secret that signs tokens"] });
  app.use(chat.router);
  const server = createServer(app);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await chat.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function newFolder(): string {
  const folder = makeFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function userOf(url: string, cookie: string): Promise<unknown> {
  const { text } = await call(`${url}/session`, { headers: { cookie } });
  return (JSON.parse(text) as { user: unknown }).user;
}

describe("a session that the host has kept", () => {
  it("is of the same user when the chat is started again on the same database", async () => {
    const [folder, store] = [newFolder(), new MemoryStore()];
    const ana = await signIn(await start(join(folder, "a.db"), store), "Ana");
    const again = await start(join(folder, "a.db"), store);
    expect(await userOf(again, ana.cookie)).toEqual(ana.user);
  });

  it("is nobody's with another database, where its id is somebody else's, and can sign in there", async () => {
    const [folder, store] = [newFolder(), new MemoryStore()];
    const ana = await signIn(await start(join(folder, "a.db"), store), "Ana");
    const url = await start(join(folder, "b.db"), store);
    const bo = await signIn(url, "Bo");
    expect(bo.user.id).toBe(ana.user.id);
    expect(await userOf(url, ana.cookie)).toBeNull();
    const headers = { cookie: ana.cookie };
    const sent = await call(`${url}/send`, { form: { text: "as Bo?", token: ana.token }, headers });
    expect(sent.status).not.toBe(201);
    const entered = await call(`${url}/session`, { form: { name: "Ana" }, headers });
    expect(entered.status, entered.text).toBe(201);
    const cookie = cookieIn(entered.headers["set-cookie"]);
    expect(await userOf(url, cookie)).toEqual({ id: Number(bo.user.id) + 1, name: "Ana" });
    expect(await userOf(url, bo.cookie)).toEqual(bo.user);
  });
});

it("what the host puts into the session during a rename or a sign-out is kept", async () => {
  const url = await start(join(newFolder(), "a.db"), new MemoryStore());
  let { cookie, token } = await signIn(url, "Ana");
  for (const [path, mark] of [
    ["/session", "one"],
    ["/session/end", "two"],
  ] as const) {
    const headers = { cookie, "x-mark": mark };
    const answer = await call(url + path, { form: { name: "Anna", token }, headers });
    expect(answer.status, answer.text).toBeLessThan(300);
    cookie = cookieIn(answer.headers["set-cookie"]);
    ({ token } = JSON.parse(answer.text) as { token: string });
    const { text } = await call(`${url}/at-host`, { headers: { cookie } });
    expect(JSON.parse(text)).toMatchObject({ mark });
  }
});

describe("the host's cookie", () => {
  const msLeft = (lines: readonly string[] | undefined) =>
    Date.parse(/Expires=([^;]+)/.exec(lines?.[0] ?? "")?.[1] ?? "") - Date.now();

  it("lives as long as the host has said, over sign-in, rename and sign-out", async () => {
    const url = await start(join(newFolder(), "a.db"), new MemoryStore());
    const remembered = await call(`${url}/remember`, { method: "POST" });
    let cookie = cookieIn(remembered.headers["set-cookie"]);
    let token = "";
    for (const [path, name] of [
      ["/session", "Ana"],
      ["/session", "Anna"],
      ["/session/end", ""],
    ]) {
      const answer = await call(url + path, { form: { name: name ?? "", token }, headers: { cookie } });
      expect(answer.status, answer.text).toBeLessThan(300);
      expect(Math.abs(msLeft(answer.headers["set-cookie"]) - 7 * DAY_MS)).toBeLessThan(60_000);
      cookie = cookieIn(answer.headers["set-cookie"]);
      ({ token } = JSON.parse(answer.text) as { token: string });
    }
  });

  it("lives an hour as others do when the host has said nothing more", async () => {
    const url = await start(join(newFolder(), "a.db"), new MemoryStore());
    const answer = await call(`${url}/session`, { form: { name: "Ana" } });
    expect(Math.abs(msLeft(answer.headers["set-cookie"]) - HOUR_MS)).toBeLessThan(60_000);
  });
});

it("a session that has ended does not come back with a refused request where the host saves every time", async () => {
  const store = new MemoryStore();
  const url = await start(join(newFolder(), "a.db"), store, { resave: true });
  const { cookie, token } = await signIn(url, "Ana");
  const gate = new Gate();
  const destroy = store.destroy.bind(store);
  const get = vi.spyOn(store, "get");
  const held = vi.spyOn(store, "destroy").mockImplementation((id, callback) => {
    void gate.pass().then(() => destroy(id, callback));
  });
  const out = call(`${url}/session/end`, { form: { token }, headers: { cookie } });
  await until(() => held.mock.calls.length > 0, "the sign-out");
  const reads = get.mock.calls.length;
  const renamed = call(`${url}/session`, { form: { token, name: "Zed" }, headers: { cookie } });
  await until(() => get.mock.calls.length > reads, "the rename");
  gate.open();
  expect((await out).status).toBe(200);
  const refused = await renamed;
  expect([refused.status, codeOf(refused)]).toEqual([403, "not_signed_in"]);
  expect(await userOf(url, cookie)).toBeNull();
});
