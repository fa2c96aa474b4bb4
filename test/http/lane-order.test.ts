/** On one connection answers come in the order of the requests, and each request gets its own, whatever it is pipelined with. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { signIn } from "../support/member.js";
import { answersIn, answersOf, bodyOf, type RawAnswer } from "../support/raw-answers.js";
import { openRaw, type RawSocket, rawGet, sendParts } from "../support/raw-socket.js";
import { slowSessions } from "../support/slow-sessions.js";
import { standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone();
const newest = () => app().chat.store.log.newest();
const said = async (text: string) => (await app().chat.send({ room: "lobby", text })).id;

afterEach(async () => {
  vi.restoreAllMocks();
  app().server.closeAllConnections();
  await nobodyWaits(benchOf(app()));
});

const parked = (count: number) =>
  until(
    () => app().chat.tail.parked === count,
    () => `${count} parked; ${app().chat.tail.parked} are`,
  );

const idsOf = (answer: RawAnswer | undefined) => bodyOf(answer).messages.map(({ id }) => id);

describe("a poll, a send, a poll and a page", () => {
  it.each([
    ["in one packet", async (socket: RawSocket, text: string) => socket.write(text)],
    [
      "byte by byte",
      async (socket: RawSocket, text: string) => {
        for (const byte of text) {
          socket.write(byte);
          await turn();
        }
      },
    ],
  ])(
    "%s are answered in that order, the first poll empty as others came behind it, the other without a loss",
    async (_how, write) => {
      const start = await said("before");
      const socket = await openRaw(app().port);
      const poll = rawGet(`/poll?since=${start}`);
      await write(socket, poll + sendParts({ name: "Ana", text: "between" }).join("") + poll + rawGet("/"));
      const [released, sent, woken, page] = await answersOf(socket, 4);
      expect([released, sent, woken, page].map((answer) => answer?.status)).toEqual([200, 201, 200, 200]);
      expect(bodyOf(released)).toMatchObject({
        messages: [],
        retry: 1000,
        next: expect.stringMatching(`^${start}-`),
      });
      // It makes way for the page: with the row where that has landed by then, else with the cursor that it came with.
      const { id } = JSON.parse(sent?.body ?? "") as { id: number };
      expect([[], [id]]).toContainEqual(idsOf(woken));
      const next = idsOf(woken).length === 0 ? start : id;
      expect(bodyOf(woken).next).toMatch(new RegExp(`^${next}-`));
      expect(page?.headers["content-type"]).toMatch(/^text\/html/);
    },
  );
});

describe("a poll behind one that is still being looked up", () => {
  /** Holds every read of a session until the gate is opened. */
  async function withSlowSessions() {
    const { cookie } = await signIn(app().url, `Slow-${Math.floor(Math.random() * 1e9)}`);
    const { gate, asked } = slowSessions(app().chat.store.sessions);
    return { cookie: `Cookie: ${cookie}`, gate, asked };
  }

  it("releases it, waits itself, and is not answered by what the other finds late", async () => {
    const start = await said("before");
    const { cookie, gate, asked } = await withSlowSessions();
    const socket = await openRaw(app().port);
    socket.write(rawGet(`/poll?since=${start - 1}`, cookie));
    await until(() => asked.mock.calls.length === 1, "the session read");
    socket.write(rawGet(`/poll?since=${start}`));
    const [released] = await answersOf(socket, 1);
    expect(bodyOf(released)).toMatchObject({
      messages: [],
      retry: 1000,
      next: expect.stringMatching(`^${start - 1}-`),
    });
    await parked(1);
    const passed = gate.passed(1);
    gate.open();
    await passed;
    for (let i = 0; i < 20; i++) await turn();
    expect(answersIn(socket.received())).toHaveLength(1);
    expect(app().chat.tail.parked).toBe(1);
    const id = await said("for the second");
    expect(idsOf((await answersOf(socket, 2))[1])).toEqual([id]);
  });

  it("gets its own answer when both are being looked up", async () => {
    const start = await said("before");
    const { cookie, gate, asked } = await withSlowSessions();
    const socket = await openRaw(app().port);
    socket.write(rawGet(`/poll?since=${start - 1}&limit=1`, cookie) + rawGet(`/poll?since=${start}`, cookie));
    await until(() => asked.mock.calls.length === 2, "two session reads");
    expect(bodyOf((await answersOf(socket, 1))[0])).toMatchObject({ messages: [], retry: 1000 });
    gate.open();
    await parked(1);
    expect(answersIn(socket.received())).toHaveLength(1);
    const id = await said("for the second");
    expect(idsOf((await answersOf(socket, 2))[1])).toEqual([id]);
    await parked(0);
  });

  it("is not answered with another's rows, refusal or cursor, in whatever it differs", async () => {
    const start = await said("before");
    const socket = await openRaw(app().port);
    socket.write(
      rawGet(`/poll?since=${start - 1}&wait=0`) +
        rawGet("/poll?since=0&room=nowhere-1") +
        rawGet("/poll?since=0-zzzz&limit=1") +
        rawGet(`/poll?since=${start}&wait=0`),
    );
    const answers = await answersOf(socket, 4);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(bodyOf(answers[3])).toEqual({
      messages: [],
      next: `${start}-${app().chat.store.log.epoch}`,
      more: false,
      retry: 0,
    });
  });

  it("that was released by a page leaves nothing that the next poll could be answered with", async () => {
    const start = await said("before");
    const { cookie, gate, asked } = await withSlowSessions();
    const socket = await openRaw(app().port);
    socket.write(rawGet(`/poll?since=${start}`, cookie));
    await until(() => asked.mock.calls.length === 1, "the session read");
    socket.write(rawGet("/healthz"));
    await answersOf(socket, 2);
    const passed = gate.passed(1);
    gate.open();
    await passed;
    for (let i = 0; i < 20; i++) await turn();
    expect(app().chat.tail.parked).toBe(0);
    socket.write(rawGet(`/poll?since=${start}`));
    await parked(1);
    for (let i = 0; i < 20; i++) await turn();
    expect(answersIn(socket.received())).toHaveLength(2);
    const id = await said("for the last");
    expect(idsOf((await answersOf(socket, 3))[2])).toEqual([id]);
  });
});

describe("what node answers by itself comes behind the poll's answer", () => {
  it.each([
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["an expectation that nobody keeps", rawGet("/", "Expect: x"), 417],
    ["a handshake", rawGet("/ws?since=now", ...handshake()), 101],
    ["h2c, which is passed over", rawGet("/healthz", "Connection: Upgrade", "Upgrade: h2c"), 200],
  ])("%s", async (_what, bytes, status) => {
    const start = await newest();
    const socket = await openRaw(app().port);
    socket.write(rawGet(`/poll?since=${start}`));
    await parked(1);
    socket.write(bytes);
    await socket.until(/HTTP\/1.1 [\s\S]*HTTP\/1.1 /);
    const [released] = answersIn(socket.received());
    expect(bodyOf(released)).toMatchObject({ messages: [], retry: 1000 });
    const second = socket.received().lastIndexOf("HTTP/1.1 ");
    expect(socket.received().slice(second)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    socket.reset();
  });
});

function handshake(): string[] {
  const key = Buffer.from("sixteen bytes...").toString("base64");
  return [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
  ];
}
