/** A connection whose polls are taken from the parser lives as node lets one live: kept, cut when idle, and never while it is used. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { passTime } from "../support/pass-time.js";
import { answersIn, answersOf, bodyOf } from "../support/raw-answers.js";
import { openRaw, type RawSocket, rawGet, sendParts } from "../support/raw-socket.js";
import { openStalled } from "../support/stalled.js";
import { standalone, startStandalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const KEPT_MS = 75_000;
const app = standalone();
const newest = () => app().chat.store.log.newest();
const parked = (count: number) =>
  until(
    () => app().chat.tail.parked === count,
    () => `${count} parked; ${app().chat.tail.parked} are`,
  );

afterEach(async () => {
  vi.restoreAllMocks();
  app().server.closeAllConnections();
  await nobodyWaits(benchOf(app()));
});

/** A connection with both of its ends. */
async function connection(): Promise<{ socket: RawSocket; served: Socket; isGone: () => boolean }> {
  const accepted = new Promise<Socket>((done) => app().server.once("connection", done));
  const socket = await openRaw(app().port);
  let isGone = false;
  void socket.gone.then(() => {
    isGone = true;
  });
  return { socket, served: await accepted, isGone: () => isGone };
}

it("carries 200 polls in turn, mixed with sends and pages", async () => {
  const { socket } = await connection();
  let since = await newest();
  let count = 0;
  for (let i = 0; i < 200; i++) {
    socket.write(rawGet(`/poll?since=${since}`));
    await parked(1);
    const { id } = await app().chat.send({ room: "lobby", text: `number ${i}` });
    const answer = (await answersOf(socket, ++count)).at(-1);
    expect(bodyOf(answer).messages.map((message) => message.id)).toEqual([id]);
    expect(answer?.headers).toMatchObject({ connection: "keep-alive", "keep-alive": "timeout=75" });
    since = id;
    if (i % 10 === 0) {
      socket.write(sendParts({ name: "Ana", text: `sent ${i}` }).join(""));
      const sent = (await answersOf(socket, ++count)).at(-1);
      since = (JSON.parse(sent?.body ?? "") as { id: number }).id;
    } else if (i % 10 === 5) {
      socket.write(rawGet("/"));
      expect((await answersOf(socket, ++count)).at(-1)?.status).toBe(200);
    }
  }
  expect(answersIn(socket.received())).toHaveLength(240);
  socket.end();
});

describe("an idle connection", () => {
  fakeTimers();

  it("is cut after 75 s, not before, and not at all when another poll waits by then", async () => {
    const since = await newest();
    const { socket, isGone } = await connection();
    const busy = await connection();
    for (const one of [socket, busy.socket]) {
      one.write(rawGet(`/poll?since=${since}`));
    }
    await parked(2);
    await app().chat.send({ room: "lobby", text: "both are answered" });
    await answersOf(socket, 1);
    await answersOf(busy.socket, 1);
    await passTime(KEPT_MS - 1000);
    expect(isGone()).toBe(false);
    busy.socket.write(rawGet(`/poll?since=${since + 1}&wait=45`));
    await parked(1);
    await passTime(1500);
    await until(isGone, "the idle one cut");
    expect(busy.isGone()).toBe(false);
    await app().chat.send({ room: "lobby", text: "for the busy one" });
    expect(bodyOf((await answersOf(busy.socket, 2))[1]).messages).toHaveLength(1);
    busy.socket.reset();
    await until(busy.isGone, "the other gone, too");
  });
});

describe("node's own timer of a kept connection", () => {
  it("that was armed by an answer of node's own is off while a poll is parked", async () => {
    const { socket, served } = await connection();
    socket.write(rawGet("/healthz"));
    await answersOf(socket, 1);
    await until(() => (served.timeout ?? 0) >= KEPT_MS, "node's timer armed");
    socket.write(rawGet(`/poll?since=${await newest()}`));
    await parked(1);
    expect(served.timeout).toBe(0);
    socket.reset();
  });
});

describe("closeIdleConnections", () => {
  it("does not cut who is parked, but who has its answer", async () => {
    const { socket, isGone } = await connection();
    socket.write(rawGet(`/poll?since=${await newest()}`));
    await parked(1);
    app().server.closeIdleConnections();
    for (let i = 0; i < 10; i++) await turn();
    expect(isGone()).toBe(false);
    await app().chat.send({ room: "lobby", text: "an answer" });
    await answersOf(socket, 1);
    app().server.closeIdleConnections();
    await until(isGone, "the idle one cut");
  });

  it("does not cut a slow reader whose answer is on its way, and its next poll is answered behind it", async () => {
    for (let i = 0; i < 500; i++) await app().chat.send({ room: "lobby", text: "x".repeat(3900) });
    const end = await newest();
    const accepted = new Promise<Socket>((done) => app().server.once("connection", done));
    const slow = await openStalled(app().port, rawGet(`/poll?since=${end - 500}&limit=500`).repeat(1));
    const served = await accepted;
    // One answer may fit into what the kernel takes: it asks until one does not.
    for (let i = 0; served.writableLength === 0 && i < 20; i++) {
      const written = served.bytesWritten;
      if (i > 0) slow.write(Buffer.from(rawGet(`/poll?since=${end - 500}&limit=500`)));
      await until(() => served.bytesWritten > written || served.writableLength > 0, "an answer");
      await turn();
    }
    expect(served.writableLength).toBeGreaterThan(0);
    app().server.closeIdleConnections();
    expect(served.destroyed).toBe(false);
    slow.write(Buffer.from(rawGet(`/poll?since=${end}`)));
    const { last } = slow.read();
    await parked(1);
    await app().chat.send({ room: "lobby", text: "the very last" });
    await until(() => /the very last.*\}$/s.test(last()), "the next poll's answer");
    slow.destroy();
  });
});

it("who pipelines polls and reads nothing is read no further: what waits for it is bounded", async () => {
  const accepted = new Promise<Socket>((done) => app().server.once("connection", done));
  const polls = Buffer.from(rawGet(`/poll?since=${await newest()}`).repeat(1000));
  const greedy = await openStalled(app().port, "");
  const served = await accepted;
  let most = 0;
  for (let i = 0; i < 200; i++) {
    greedy.write(polls);
    await turn();
    most = Math.max(most, served.writableLength);
  }
  for (let i = 0; i < 100; i++) await turn();
  most = Math.max(most, served.writableLength);
  greedy.destroy();
  expect(most).toBeLessThan(2_000_000);
});

it("a server that stops answers who is parked with Connection: close, and the connection ends", async () => {
  const own = await startStandalone();
  try {
    const socket = await openRaw(own.port);
    socket.write(rawGet("/poll?since=0"));
    await until(() => own.chat.tail.parked === 1, "parked");
    own.server.close();
    own.chat.stop();
    await socket.gone;
    const [answer, ...more] = answersIn(socket.received());
    expect([answer?.status, answer?.headers.connection, more]).toEqual([200, "close", []]);
    expect(bodyOf(answer)).toMatchObject({ messages: [], retry: expect.any(Number) });
  } finally {
    await own.close();
  }
});
