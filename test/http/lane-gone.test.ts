/** A connection that goes takes its poll along, however it goes and whatever the poll was at; nothing is written afterwards. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { signIn } from "../support/member.js";
import { openRaw, type RawSocket, rawGet } from "../support/raw-socket.js";
import { slowSessions } from "../support/slow-sessions.js";
import { standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone();
const newest = () => app().chat.store.log.newest();
const said = (text: string) => app().chat.send({ room: "lobby", text });

afterEach(async () => {
  vi.restoreAllMocks();
  app().server.closeAllConnections();
  await nobodyWaits(benchOf(app()));
});

const CUTS: readonly (readonly [string, (socket: RawSocket, served: Socket) => void])[] = [
  ["a FIN", (socket) => socket.end()],
  ["a RST", (socket) => socket.reset()],
  ["the server's own cut", (_socket, served) => void served.destroy()],
];

/** A connection, what the server writes to it, and when the server has seen it go. */
async function connection() {
  const accepted = new Promise<Socket>((done) => app().server.once("connection", done));
  const socket = await openRaw(app().port);
  const served = await accepted;
  const errors: unknown[] = [];
  served.on("error", (error) => errors.push(error));
  const write = vi.spyOn(served, "write");
  const seenGone = new Promise<void>((done) => served.once("close", () => done()));
  return { socket, served, write, seenGone, errors };
}

async function nothingFollows({ write }: Awaited<ReturnType<typeof connection>>, writes: number) {
  await said("is anybody there?");
  for (let i = 0; i < 20; i++) await turn();
  expect(write).toHaveBeenCalledTimes(writes);
  expect(app().chat.tail.parked).toBe(0);
}

describe.each(CUTS)("%s", (_how, cut) => {
  it("while a poll is parked", async () => {
    const one = await connection();
    one.socket.write(rawGet(`/poll?since=${await newest()}`));
    await until(() => app().chat.tail.parked === 1, "parked");
    cut(one.socket, one.served);
    await one.seenGone;
    expect(app().chat.tail.parked).toBe(0);
    await nothingFollows(one, 0);
  });

  it("while its session is being read", async () => {
    const { cookie } = await signIn(app().url, `Cut-${Math.floor(Math.random() * 1e9)}`);
    const { gate, asked } = slowSessions(app().chat.store.sessions);
    const one = await connection();
    one.socket.write(rawGet(`/poll?since=${await newest()}`, `Cookie: ${cookie}`));
    await until(() => asked.mock.calls.length === 1, "the session read");
    cut(one.socket, one.served);
    await one.seenGone;
    const passed = gate.passed(1);
    gate.open();
    await passed;
    await nothingFollows(one, 0);
  });

  it("while its rows are being read", async () => {
    const { log } = app().chat.store;
    const since = log.since.bind(log);
    const gate = new Gate();
    const asked = vi.spyOn(log, "since").mockImplementation(async (...args) => {
      await gate.pass();
      return since(...args);
    });
    const one = await connection();
    one.socket.write(rawGet("/poll?since=0&wait=0"));
    await until(() => asked.mock.calls.length > 0, "the read");
    cut(one.socket, one.served);
    await one.seenGone;
    gate.open();
    asked.mockRestore();
    await nothingFollows(one, 0);
  });

  it("between an answer and the next request", async () => {
    const one = await connection();
    one.socket.write(rawGet(`/poll?since=${await newest()}`));
    await until(() => app().chat.tail.parked === 1, "parked");
    await said("an answer");
    await one.socket.until(/\}$/);
    const writes = one.write.mock.calls.length;
    cut(one.socket, one.served);
    await one.seenGone;
    await nothingFollows(one, writes);
    expect(one.errors.length).toBeLessThanOrEqual(1);
  });
});
