/** A session that ended while nobody listened. */
import Database from "better-sqlite3";
import { expect, it, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { call, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, send } from "../support/waiting.js";

it("what was kept while nobody followed is not believed before control rows have been read", async () => {
  const app = await startStandalone();
  const ana = await signIn(app.url, "Ana");
  const headers = { cookie: ana.cookie };
  await call(`${app.url}/send`, { form: { room: "lobby", text: "x", token: ana.token }, headers });
  const isAnas = async () =>
    pollBody(await call(`${app.url}/poll?since=0&wait=0&echo=0`, { headers })).messages.length === 0;
  expect(await isAnas()).toBe(true);
  const db = new Database(app.db.name);
  const key = JSON.parse(db.prepare("SELECT data FROM sessions").pluck().get() as string).parkbench.key;
  db.prepare("DELETE FROM sessions").run();
  db.prepare("INSERT INTO control (kind, subject) VALUES ('session', ?)").run(key);
  db.close();
  const gate = new Gate();
  const { log } = app.chat.store;
  const newest = log.newest.bind(log);
  vi.spyOn(log, "newest").mockImplementation(async () => {
    await gate.pass();
    return newest();
  });
  send(benchOf(app), "/poll?since=0&room=lobby&limit=1&client=q");
  await until(() => app.chat.tail.parked === 1, "waiting");
  const was = await isAnas();
  gate.open();
  app.server.closeAllConnections();
  await app.close();
  expect(was).toBe(false);
});
