/** Who is muted reads on, who is banned is out, and for both it ends by itself. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Subject } from "../../src/core/moderation.js";
import { connect } from "../../src/node-client/index.js";
import { Cookieless } from "../support/cookieless.js";
import { fieldIn, problemIn } from "../support/html.js";
import { call, codeOf, idOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { pageFor } from "../support/moderators.js";
import { openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();
let n = 0;
let tom: Member;
let bob: Member;

beforeEach(async () => {
  n += 1;
  [tom, bob] = [await signIn(app().url, `Tom ${n}`), await signIn(app().url, `Bob ${n}`)];
});
afterEach(async () => {
  vi.useRealTimers();
  const { moderation } = app().chat.store;
  for (const { kind, subject } of await moderation.restrictions())
    await moderation.lift(kind, subject, "owner");
});

/** What was read so long ago is not believed without another look. */
async function asLateAsTheBell(): Promise<void> {
  const startedAt = performance.now();
  await until(() => performance.now() - startedAt > 10, "10 ms");
}

const user = (who: Member): Subject => ({ kind: "user", value: String(who.user.id) });
/** In force when it resolves, also while nobody waits and so nobody hears the bell. */
async function restrict(kind: "ban" | "mute", subject: Subject, untilMs: number | null = null) {
  await app().chat.store.moderation.restrict(kind, subject, { untilMs, reason: "noise" }, "owner");
  await asLateAsTheBell();
}
const as = (who: Member) => ({ cookie: who.cookie, origin: app().url });
const send = (who: Member, form: Record<string, string>) =>
  call(`${app().url}/send`, { form, headers: as(who) });

describe("somebody who is muted", () => {
  it("is told until when, in words that keep the text, and is recognised in what was sent before", async () => {
    const first = await send(tom, { text: "in time", nonce: `n${n}` });
    await restrict("mute", user(tom), Date.now() + 600_000);
    const refused = await send(tom, { text: "words & more", page: "1" });
    expect([refused.status, fieldIn(refused.text, "text")]).toEqual([403, "words & more"]);
    expect(problemIn(refused.text)).toMatch(
      /You may read here, but not write until \d{4}-\d\d-\d\d \d\d:\d\d UTC\. The reason given: noise\./,
    );
    expect(codeOf(await send(tom, { text: "again" }))).toBe("muted");
    const again = await send(tom, { text: "in time", nonce: `n${n}` });
    expect([again.status, idOf(again)]).toEqual([200, idOf(first)]);
    expect((await send(bob, { text: "by another" })).status).toBe(201);
  });

  it("reads on, on every transport, also on the one that refuses the words", async () => {
    const poll = await park(benchOf(app()), "/poll?since=now", { headers: as(tom) });
    const stream = await openStream(`${app().url}/events?since=now`, as(tom));
    const socket = await openSocket(app().url, "?since=now", { headers: as(tom) });
    await restrict("mute", user(tom));
    socket.send({ text: "let me", nonce: "w" });
    await socket.has(2);
    expect(socket.frames[1]).toMatchObject({ status: 403, code: "muted", nonce: "w" });
    expect(poll.isAnswered()).toBe(false);
    await send(bob, { text: `to all ${n}` });
    expect((await poll.body).messages).toMatchObject([{ text: `to all ${n}` }]);
    await stream.has(`to all ${n}`);
    await until(() => socket.texts().includes(`to all ${n}`), "the row");
    for (const path of ["/rooms/lobby", "/"]) expect((await pageFor(app(), tom, path)).status).toBe(200);
    socket.socket.terminate();
    stream.leave();
  });

  it("makes no room either: its title would be read by all", async () => {
    await restrict("mute", user(tom));
    const make = (who: Member, name: string, page: Record<string, string> = {}) =>
      call(`${app().url}/rooms`, {
        form: { name, title: "Words & more", token: who.token, ...page },
        headers: as(who),
      });
    const refused = await make(tom, "by-tom", { page: "1" });
    expect([refused.status, fieldIn(refused.text, "title")]).toEqual([403, "Words & more"]);
    expect(codeOf(await make(tom, "by-tom"))).toBe("muted");
    expect((await make(bob, `by-bob-${n}`)).status).toBe(201);
  });

  it("may be a name without a session, of which no other name is meant", async () => {
    await restrict("mute", { kind: "name", value: "one shot" });
    const guest = (name: string) => call(`${app().url}/send`, { form: { name, text: "hi" } });
    expect(codeOf(await guest("One Shot"))).toBe("muted");
    expect((await guest("One Shots")).status).toBe(201);
  });
});

describe.each(["ban", "mute"] as const)("a %s", (kind) => {
  it("ends at its time, without a restart", async () => {
    await restrict(kind, user(tom), Date.now() + 60_000);
    expect((await send(tom, { text: "too early" })).status).toBe(403);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect((await send(tom, { text: "in time" })).status).toBe(201);
  });

  it("by another program counts at once, while nobody waits here", async () => {
    // Nor did so moments ago: the bell is heard no more.
    await until(() => app().chat.tail.following === null, "quiet");
    for (let round = 0; round < 5; round++) {
      expect((await send(tom, { text: "before" })).status).toBe(201);
      await asLateAsTheBell();
      const put =
        "INSERT INTO restrictions (kind, subject_kind, subject, created_by) VALUES (?, 'user', ?, 'sql')";
      app().db.prepare(put).run(kind, String(tom.user.id));
      app().db.prepare("INSERT INTO control (kind, subject) VALUES (?, '')").run(kind);
      expect((await send(tom, { text: "after" })).status).toBe(403);
      await app().chat.store.moderation.lift(kind, user(tom), "owner");
      await asLateAsTheBell();
    }
  });
});

describe("somebody who is banned", () => {
  it("gets one page, that says so and keeps what was typed", async () => {
    await restrict("ban", user(tom));
    const { status, text } = await send(tom, { text: "words & more", page: "1" });
    expect([status, problemIn(text)]).toEqual([
      403,
      expect.stringMatching(/^You are banned from this chat\. The reason/),
    ]);
    expect(fieldIn(text, "text") ?? text).toContain("words &amp; more");
    for (const path of [
      "/",
      "/rooms/lobby",
      "/rooms/lobby/wait",
      "/rooms/lobby/live",
      "/check",
      "/moderation",
    ]) {
      const page = await pageFor(app(), tom, path);
      expect([path, page.status, page.text.includes('http-equiv="refresh"')]).toEqual([path, 403, false]);
    }
    for (const path of ["/", "/rooms/lobby", "/check"])
      expect((await pageFor(app(), bob, path)).status).toBe(200);
  });

  it("is let go where a page waits, and shown nothing more of the room", async () => {
    const waiting = await park(benchOf(app()), "/rooms/lobby/wait?since=0", { headers: as(tom) }).catch(
      () => null,
    );
    expect(waiting).toBeNull();
    const { text } = await call(`${app().url}/poll?since=now&wait=0`);
    const since = (JSON.parse(text) as { next: string }).next;
    const [page, other] = [
      await park(benchOf(app()), `/rooms/lobby/wait?since=${since}`, { headers: as(tom) }),
      await park(benchOf(app()), `/rooms/lobby/wait?since=${since}`, { headers: as(bob) }),
    ];
    await restrict("ban", user(tom));
    const answer = await page.answer;
    expect([answer.status, problemIn(answer.text)]).toEqual([403, expect.stringContaining("You are banned")]);
    expect(other.isAnswered()).toBe(false);
    other.leave();
  });

  it("is banned without cookies, too", async () => {
    const visitor = new Cookieless(app().url);
    await visitor.enter(`Sealed ${n}`);
    expect(visitor.text).toContain(`You are <b dir="auto">Sealed ${n}</b>`);
    await restrict("ban", { kind: "name", value: `sealed ${n}` });
    const inside = visitor.answer;
    for (const press of [
      () => visitor.reload(),
      () => visitor.press("Lobby"),
      () => visitor.press("Make the room", { name: "a-room" }),
    ]) {
      visitor.answer = inside;
      await press();
      expect([visitor.answer.status, problemIn(visitor.text)]).toEqual([
        403,
        expect.stringContaining("You are banned"),
      ]);
    }
  });

  it("ends a program that reads, which then asks no more", async () => {
    const chat = connect({ url: app().url, cookie: tom.cookie, since: "now" });
    await until(() => chat.transport === "websocket", "the socket");
    const loop = chat[Symbol.asyncIterator]().next();
    await restrict("ban", user(tom));
    await expect(loop).rejects.toMatchObject({ status: 403, code: "banned" });
    await nobodyWaits(benchOf(app()));
    chat.close();
  });

  it("is nobody who comes from this machine, whatever another program has written", async () => {
    await restrict("ban", { kind: "address", value: "127.0.0.1" });
    expect((await send(tom, { text: "still here" })).status).toBe(201);
  });
});
