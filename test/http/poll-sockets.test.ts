/** Polls over bare connections: HTTP/1.0, many on one connection, pipelined, cut in every way. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import type { PollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { answersIn, type RawAnswer } from "../support/raw-answers.js";
import { openRaw, type RawSocket } from "../support/raw-socket.js";
import { slowSessions } from "../support/slow-sessions.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";

const PIPELINED = 500;
const app = standalone();
const bench = () => benchOf(app());
const parked = (count: number) =>
  until(
    () => bench().parked() === count,
    () => `${count} parked; ${bench().parked()} are`,
  );

afterEach(async () => {
  app().server.closeAllConnections();
  await nobodyWaits(bench());
});

function get(path: string, version = "1.1", ...headers: string[]): string {
  return [`GET ${path} HTTP/${version}`, "Host: chat", ...headers, "", ""].join("\r\n");
}

async function answersOf(socket: RawSocket, count: number): Promise<readonly RawAnswer[]> {
  await until(
    () => answersIn(socket.received()).length >= count,
    () => `${count} answers; ${answersIn(socket.received()).length} came`,
  );
  return answersIn(socket.received());
}

const bodyOf = ({ body }: RawAnswer) => JSON.parse(body) as PollBody;

describe("HTTP/1.0", () => {
  it.each([
    ["without Host", "GET /poll?since=now HTTP/1.0\r\n\r\n"],
    ["with Host", get("/poll?since=now", "1.0")],
  ])("%s parks, and its answer ends with the connection", async (_what, bytes) => {
    const socket = await openRaw(app().port);
    socket.write(bytes);
    await parked(1);
    const id = await say(app().url, "Ana", "hello");
    await socket.gone;
    const [answer] = answersIn(socket.received());
    expect(answer?.headers).toMatchObject({ connection: "close", "cache-control": "no-store" });
    expect(answer?.headers).not.toHaveProperty("transfer-encoding");
    expect(answer && bodyOf(answer).messages.map((message) => message.id)).toEqual([id]);
  });

  it("with keep-alive carries another poll on the same connection", async () => {
    const socket = await openRaw(app().port);
    for (let count = 1; count <= 2; count++) {
      socket.write(get("/poll?wait=0", "1.0", "Connection: keep-alive"));
      const answer = (await answersOf(socket, count)).at(-1);
      expect([answer?.status, answer?.headers.connection]).toEqual([200, "keep-alive"]);
    }
    socket.end();
  });
});

describe("one connection", () => {
  it("carries 100 parked polls, one after another", async () => {
    const socket = await openRaw(app().port);
    let since = "now";
    for (let count = 1; count <= 100; count++) {
      socket.write(get(`/poll?since=${since}`));
      await parked(1);
      await app().chat.send({ room: "lobby", text: `number ${count}` });
      const answer = (await answersOf(socket, count)).at(-1);
      const body = bodyOf(answer as RawAnswer);
      expect(body.messages.map(({ text }) => text)).toEqual([`number ${count}`]);
      since = body.next;
    }
    socket.end();
  });

  it(`with ${PIPELINED} pipelined polls parks the last; those before are answered at once, empty, in order`, async () => {
    for (let i = 0; i < 3; i++) await app().chat.send({ room: "lobby", text: "there already" });
    const start = await app().chat.store.log.newest();
    const socket = await openRaw(app().port);
    socket.write(get(`/poll?since=${start}`).repeat(PIPELINED));
    const released = await answersOf(socket, PIPELINED - 1);
    const next = `${start}-${app().chat.store.log.epoch}`;
    const answered = released.map((answer) => [answer.status, bodyOf(answer)]);
    const empty = { messages: [], next, more: false, retry: 1000 };
    expect(answered).toEqual(Array.from({ length: PIPELINED - 1 }, () => [200, empty]));
    await parked(1);
    expect(answersIn(socket.received())).toHaveLength(PIPELINED - 1);
    const { id } = await app().chat.send({ room: "lobby", text: "for the last one" });
    const answers = await answersOf(socket, PIPELINED);
    expect(bodyOf(answers.at(-1) as RawAnswer).messages.map((message) => message.id)).toEqual([id]);
    await parked(0);
    socket.end();
  });

  it("with pipelined polls gives each its own cursor back", async () => {
    for (let i = 0; i < 3; i++) await app().chat.send({ room: "lobby", text: "there already" });
    const start = await app().chat.store.log.newest();
    const sinces = Array.from({ length: PIPELINED }, (_, i) => start - (i % 3));
    const socket = await openRaw(app().port);
    socket.write(sinces.map((since) => get(`/poll?since=${since}&limit=1`)).join(""));
    const answers = await answersOf(socket, PIPELINED - 1);
    answers.slice(0, PIPELINED - 1).forEach((answer, i) => {
      const { messages, next } = bodyOf(answer);
      const since = sinces[i] ?? 0;
      // Rows where they were found before the next request came, else nothing; never another poll's.
      expect([since, since + 1], `answer ${i}`).toContain(Number.parseInt(next, 10));
      expect(messages.map(({ id }) => id)).toEqual(next.startsWith(`${since}-`) ? [] : [since + 1]);
    });
    socket.end();
  });
});

describe("a connection that goes while its polls wait", () => {
  it.each([
    ["ended", (socket: RawSocket) => socket.end()],
    ["reset", (socket: RawSocket) => socket.reset()],
  ])("%s takes all its waiters along, and nobody else's", async (_how, cut) => {
    const bystander = await park(bench(), "/poll?since=now");
    const socket = await openRaw(app().port);
    const since = await app().chat.store.log.newest();
    socket.write(get(`/poll?since=${since}`).repeat(PIPELINED));
    await answersOf(socket, PIPELINED - 1);
    await parked(2);
    cut(socket);
    await parked(1);
    expect(bystander.isAnswered()).toBe(false);
    const id = await say(app().url, "Ana", "still there?");
    expect((await bystander.body).messages.map((message) => message.id)).toEqual([id]);
  });

  it("cut before the poll's head was complete leaves nothing behind", async () => {
    const bystander = await park(bench(), "/poll?since=now");
    const socket = await openRaw(app().port);
    socket.write("GET /poll?since=now HTTP/1.1\r\nHost: ch");
    socket.reset();
    await socket.gone;
    await say(app().url, "Ana", "still there?");
    expect((await bystander.body).messages).toHaveLength(1);
  });

  it("cut while its session is still being read does not park afterwards", async () => {
    const { gate, asked } = slowSessions(app().chat.store.sessions);
    const { cookie } = await signIn(app().url, "Bo");
    const seenGone = new Promise<void>((done) => {
      app().server.once("connection", (socket: Socket) => socket.once("close", () => done()));
    });
    const socket = await openRaw(app().port);
    socket.write(get("/poll?since=now", "1.1", `Cookie: ${cookie}`));
    await until(() => asked.mock.calls.length === 1, "the session read");
    socket.reset();
    await seenGone;
    const passed = gate.passed(1);
    gate.open();
    await passed;
    asked.mockRestore();
    // The twin: whole, the same request parks.
    const poll = await park(bench(), "/poll?since=now", { headers: { cookie } });
    expect(bench().parked()).toBe(1);
    poll.leave();
  });

  it("a waiting page that is left frees its place as well", async () => {
    const page = await park(bench(), "/rooms/lobby/wait?since=now");
    page.leave();
    await parked(0);
  });

  it("leaves a row for who comes back with the cursor", async () => {
    await makeRoom(app().url, "Maker", "yard", "The yard");
    const first = await park(bench(), "/poll?since=now&room=yard");
    const start = await app().chat.store.log.newest();
    first.leave();
    await parked(0);
    const id = await say(app().url, "Ana", "while away", "yard");
    const back = await fetch(`${app().url}/poll?since=${start}&room=yard`);
    expect(((await back.json()) as PollBody).messages.map((message) => message.id)).toEqual([id]);
  });
});
