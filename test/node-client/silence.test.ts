/** Silence, on a clock that is moved by hand: 5 s before the first frame, 40 s after it, and never while something comes. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { type Chat, connect } from "../../src/node-client/index.js";
import { fakeTimers } from "../support/fake-timers.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";

fakeTimers();
const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

const EMPTY = JSON.stringify({ messages: [], next: "5-k7Qd", more: false, retry: 0 });

interface Double {
  readonly url: string;
  /** How often it was connected to. */
  readonly connections: () => number;
  /** The first frame; then what keeps a line, and what does not. */
  first(): void;
  again(): void;
  noise(): void;
}

/** A server that says nothing by itself. */
async function double(transport: "websocket" | "sse"): Promise<Double> {
  const streams: ServerResponse[] = [];
  const sockets: WebSocket[] = [];
  const server = createServer((req, res) => {
    if (!req.url?.startsWith("/events")) return res.writeHead(404).end();
    res.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    streams.push(res);
  });
  const upgrades = new WebSocketServer({ server });
  upgrades.on("connection", (socket) => sockets.push(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  ends.push(() => {
    for (const socket of sockets) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return transport === "sse"
    ? {
        url,
        connections: () => streams.length,
        first: () => streams.at(-1)?.write(`event: hello\nid: 5-k7Qd\ndata: ${EMPTY}\n\n`),
        again: () => streams.at(-1)?.write(":\n"),
        noise: () => {},
      }
    : {
        url,
        connections: () => sockets.length,
        first: () => sockets.at(-1)?.send(EMPTY),
        again: () => sockets.at(-1)?.send(EMPTY),
        // A proxy may do so by itself.
        noise: () => sockets.at(-1)?.ping(),
      };
}

describe.each(["websocket", "sse"] as const)("by %s", (transport) => {
  async function setUp() {
    const server = await double(transport);
    const troubles: string[] = [];
    const chat: Chat = connect({
      url: server.url,
      since: "5-k7Qd",
      transports: [transport],
      onTrouble: ({ code }) => troubles.push(code),
    });
    ends.push(() => chat.close());
    await until(() => server.connections() === 1, "the connection");
    return { server, troubles, chat };
  }

  it("a line is given up 5 s after it was begun without a first frame", async () => {
    const { troubles } = await setUp();
    await passes(4999);
    expect(troubles).toEqual([]);
    await passes(1);
    await until(() => troubles.length === 1, "the deadline");
    expect(troubles).toEqual(["silent"]);
  });

  it("a line that counts is given up after 40 s of silence, and begun anew", async () => {
    const { server, chat, troubles } = await setUp();
    server.first();
    await until(() => chat.transport === transport, "the first frame");
    await passes(20_000);
    server.noise();
    await passes(19_999);
    expect(troubles).toEqual([]);
    await passes(1);
    await until(() => troubles.length === 1, "the watchdog");
    expect(troubles).toEqual(["silent"]);
    expect(chat.transport).toBe(null);
    vi.advanceTimersByTime(1000);
    await until(() => server.connections() === 2, "the next line");
  });

  it("a line lives on while something comes every 15 s", async () => {
    const { server, chat, troubles } = await setUp();
    server.first();
    await until(() => chat.transport === transport, "the first frame");
    for (let times = 0; times < 6; times += 1) {
      await passes(15_000);
      server.again();
    }
    await passes(15_000);
    expect([server.connections(), troubles.length]).toEqual([1, 0]);
  });
});

/** What was said before has arrived, and its timers are set, when the time passes. */
async function passes(ms: number): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await turn();
  vi.advanceTimersByTime(ms);
  for (let turns = 0; turns < 50; turns += 1) await turn();
}
