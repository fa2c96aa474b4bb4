/** Who has changed their name is banned and muted by the new one, also where they came in under the old one. */
import { expect, it } from "vitest";
import { call } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, park } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();
const as = (who: Member) => ({ cookie: who.cookie, origin: app().url });

function rename(who: Member, name: string) {
  return call(`${app().url}/session`, { form: { name, token: who.token }, headers: as(who) });
}

it("who stays under an old name is out when the new one is banned, and nobody else is", async () => {
  const [dan, zoe] = [await signIn(app().url, "Dan"), await signIn(app().url, "Zoe")];
  const socket = await openSocket(app().url, "?since=now", { headers: as(dan) });
  const stream = await openStream(`${app().url}/events?since=now`, as(dan));
  const poll = await park(benchOf(app()), "/poll?since=now", { headers: as(dan) });
  const other = await openSocket(app().url, "?since=now", { headers: as(zoe) });
  expect((await rename(dan, "Evan")).status).toBe(201);
  expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  const terms = { untilMs: null, reason: "" };
  await app().chat.store.moderation.restrict("ban", { kind: "name", value: "evan" }, terms, "owner");
  expect((await socket.closed).code).toBe(4001);
  expect(await stream.ended).toContain("retry:");
  expect((await poll.body).messages).toEqual([]);
  expect(other.socket.readyState).toBe(other.socket.OPEN);
  other.socket.terminate();
});

it("what another program has named anew writes nothing under a banned or a muted name", async () => {
  const fay = await signIn(app().url, "Fay");
  const socket = await openSocket(app().url, "?since=now", { headers: as(fay) });
  await socket.has(1);
  app().db.prepare("UPDATE users SET name = 'Gil', folded = 'gil' WHERE id = ?").run(fay.user.id);
  for (const [kind, frames] of [
    ["mute", 2],
    ["ban", 3],
  ] as const) {
    const terms = { untilMs: null, reason: "" };
    await app().chat.store.moderation.restrict(kind, { kind: "name", value: "gil" }, terms, "owner");
    socket.send({ text: "as Gil", nonce: kind });
    await socket.has(frames);
    expect(socket.frames[frames - 1]).toMatchObject({
      status: 403,
      code: kind === "mute" ? "muted" : "banned",
    });
  }
  await until(() => socket.texts().length === 0, "no row");
  socket.socket.terminate();
});
