/** The numbers in stats(): each moves when its thing happens, and stays where it is when something else does. */
import { afterEach, describe, expect, it } from "vitest";
import type { Stats, Transport } from "../../src/core/counts.js";
import { Cookieless } from "../support/cookieless.js";
import { say } from "../support/guest.js";
import { call, codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { movedIn } from "../support/moved.js";
import { openStream, textsIn } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park, type Waiting } from "../support/waiting.js";
import { openSocket, type SocketReader } from "../support/ws-client.js";

const app = standalone({ limits: { parkedMax: 60 } });
const bench = () => benchOf(app());
const stats = (): Stats => app().chat.stats();

/** Upgraded: the server does not close them with its own. */
const sockets: SocketReader[] = [];

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate();
  app().server.closeAllConnections();
  await nobodyWaits(bench());
});

const moved = (act: () => Promise<unknown>) => movedIn(stats, act);

const SENT = { appended: 1, commits: 1, writes: 1 };

describe("parked", () => {
  it("goes up with each that waits, and back to 0 when their connections are cut", async () => {
    const polls: Waiting[] = [];
    for (let n = 0; n < 50; n++) polls.push(await park(bench(), "/poll?since=now"));
    const stream = await openStream(`${app().url}/events?since=now`);
    await until(() => stats().parked === 51, "all parked");
    for (const poll of polls) poll.leave();
    await until(() => stats().parked === 1, "the polls gone");
    stream.leave();
    await until(() => stats().parked === 0, "nobody");
  });
});

describe("delivered", () => {
  it.each<[Transport, (url: string) => Promise<() => boolean>]>([
    ["poll", async () => (await park(bench(), "/poll?since=now")).isAnswered],
    [
      "sse",
      async (url) => {
        const stream = await openStream(`${url}/events?since=now`);
        return () => textsIn(stream.text()).length === 1;
      },
    ],
    [
      "websocket",
      async (url) => {
        const reader = await openSocket(url, "?since=now");
        sockets.push(reader);
        return () => reader.texts().length === 1;
      },
    ],
    [
      "live",
      async (url) => {
        const stream = await openStream(`${url}/rooms/lobby/live?since=now`);
        return () => stream.text().includes("for one transport");
      },
    ],
    ["wait", async () => (await park(bench(), "/rooms/lobby/wait?since=now")).isAnswered],
  ])("%s: one for the row that came over it, none over any other", async (transport, open) => {
    const isThere = await open(app().url);
    await until(() => stats().parked === 1, "parked");
    const by = await moved(async () => {
      await say(app().url, "Ana", "for one transport");
      await until(isThere, "the row");
    });
    // Who was answered once waits no more.
    const parked = transport === "poll" || transport === "wait" ? { parked: -1 } : {};
    expect(by).toEqual({ ...SENT, ...parked, [transport]: 1, wakes: 1 });
  });

  it("one for each reader and row, also where nobody had to wait; and wakes one for the batch", async () => {
    const { next } = JSON.parse((await call(`${app().url}/poll?since=now&wait=0`)).text);
    const polls: Waiting[] = [];
    for (let n = 0; n < 20; n++) polls.push(await park(bench(), `/poll?since=${next}`));
    const by = await moved(async () => {
      await say(app().url, "Ana", "to twenty");
      for (const poll of polls) await poll.answer;
      await say(app().url, "Ana", "to nobody");
      for (const wait of [0, 20]) await call(`${app().url}/poll?since=${next}&wait=${wait}`);
      // The newest page, for who has no cursor.
      await call(`${app().url}/poll?limit=2`);
      const stream = await openStream(`${app().url}/events?limit=2`);
      await until(() => textsIn(stream.text()).length === 2, "the page");
      stream.leave();
      await nobodyWaits(bench());
    });
    expect(by).toEqual({ appended: 2, commits: 2, writes: 2, sse: 2, poll: 26, wakes: 1, parked: -20 });
  });

  it("nothing for an empty answer, a HEAD, or what one wrote oneself and does not want", async () => {
    const { cookie, token } = await signIn(app().url, "Echoless");
    const poll = await park(bench(), "/poll?since=now&echo=0", { headers: { cookie } });
    const by = await moved(async () => {
      await call(`${app().url}/send`, { form: { text: "mine", token }, headers: { cookie } });
      await until(() => stats().parked === 1, "parked again");
      await call(`${app().url}/poll?since=0`, { method: "HEAD" });
      await call(`${app().url}/poll?since=now&wait=0`);
    });
    expect(poll.isAnswered()).toBe(false);
    expect(by).toMatchObject({ appended: 1 });
    expect(Object.keys(by)).not.toContain("poll");
  });
});

describe("appended and committed", () => {
  it("sends of one moment share a commit: more writes than commits, and a row each", async () => {
    const by = await moved(() =>
      Promise.all(Array.from({ length: 40 }, (_, n) => app().chat.send({ room: "lobby", text: `${n}` }))),
    );
    expect(by.appended).toBe(40);
    expect(by.writes).toBe(40);
    expect(by.commits).toBeLessThan(10);
    expect(by.appendedByOthers).toBeUndefined();
  });

  it("a retry is a write, but not a row", async () => {
    const form = { name: "Ana", text: "once", nonce: "one-and-the-same" };
    const send = () => call(`${app().url}/send`, { form });
    expect(await moved(send)).toEqual(SENT);
    expect((await moved(send)).appended).toBeUndefined();
    const draft = { room: "lobby", text: "once", nonce: "also-in-one-turn" };
    const both = () => Promise.all([app().chat.send(draft), app().chat.send(draft)]);
    expect(await moved(both)).toEqual({ ...SENT, writes: 2 });
  });

  it("another program's rows are counted as others', ours among them are not", async () => {
    const insert = app().db.prepare(
      "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'x')",
    );
    const stream = await openStream(`${app().url}/events?since=now`);
    await until(() => stats().parked === 1, "parked");
    const by = await moved(async () => {
      for (let n = 1; n <= 5; n++) {
        insert.run();
        await say(app().url, "Ana", "between them");
        await until(() => textsIn(stream.text()).length === 2 * n, "both");
      }
    });
    expect(by).toMatchObject({ appended: 5, appendedByOthers: 5, commits: 5, sse: 10 });
    expect(by.lostWakeUps).toBeUndefined();
  });
});

describe("refused", () => {
  it("each under its own code, whatever the transport, and not what was taken", async () => {
    const { url } = app();
    const send = (form: Record<string, string>) => call(`${url}/send`, { form: { name: "Ana", ...form } });
    await send({ text: "first", nonce: "taken" });
    const by = await moved(async () => {
      expect(codeOf(await send({ text: "second", nonce: "taken" }))).toBe("nonce_reused");
      await send({ text: "" });
      await call(`${url}/send`, { form: { name: "Ana", text: "" }, headers: { accept: "text/html" } });
      await call(`${url}/poll?since=what`);
      await call(`${url}/rooms/nowhere`);
      await call(`${url}/nowhere`);
      await call(`${url}/poll`, { method: "PUT" });
      const socket = await openSocket(url, "?since=now");
      socket.send({ text: "to nowhere", room: "nowhere" });
      await until(() => socket.frames.some(({ code }) => code === "no_room"), "a refusal");
      socket.socket.terminate();
      await nobodyWaits(bench());
    });
    expect(by).toEqual({
      // The nonce is looked up where it would have been kept.
      commits: 1,
      writes: 1,
      nonce_reused: 1,
      text_empty: 2,
      bad_since: 1,
      no_room: 2,
      not_found: 1,
      method_not_allowed: 1,
    });
    expect(await moved(() => call(`${url}/poll?since=now&wait=0`))).toEqual({});
  });

  it("full: whoever could not be parked, by poll, stream, WebSocket and both waiting pages", async () => {
    const person = new Cookieless(app().url);
    await person.enter("Paul");
    await person.press("Lobby");
    for (let n = 0; n < 60; n++) await park(bench(), "/poll?since=now");
    const by = await moved(async () => {
      await call(`${app().url}/poll?since=now`);
      await (await openStream(`${app().url}/events?since=now`)).ended;
      await (await openSocket(app().url, "?since=now")).closed;
      await call(`${app().url}/rooms/lobby/wait?since=now`);
      await person.press("Wait for new messages");
    });
    expect(by).toEqual({ full: 5 });
  });
});
