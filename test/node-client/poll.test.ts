/** Polls on the wire: what they ask for, what they make of a cut, and of an answer that is none. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Chat, connect } from "../../src/node-client/index.js";
import { until } from "../support/until.js";

const ends: (() => unknown)[] = [];
// No time between two attempts.
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0).reverse()) end();
});

/** A server that is none of ours: what it is asked, and what it does then. */
async function against(answer: (res: ServerResponse, index: number, req: IncomingMessage) => unknown) {
  const asked: URL[] = [];
  const server = createServer((req, res) => {
    const address = new URL(req.url ?? "", "http://localhost");
    if (address.pathname.endsWith("/session")) return res.writeHead(404).end();
    asked.push(address);
    answer(res, asked.length - 1, req);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`;
  return { url, asked, waits: () => asked.map(({ searchParams }) => Number(searchParams.get("wait"))) };
}

function poll(url: string): Chat & { readonly troubles: string[] } {
  const troubles: string[] = [];
  const chat = connect({
    url,
    since: "5-k7Qd",
    transports: ["poll"],
    waitS: 8,
    onTrouble: ({ code }) => troubles.push(code),
  });
  ends.push(() => chat.close());
  return Object.assign(chat, { troubles });
}

const EMPTY = JSON.stringify({ messages: [], next: "5-k7Qd", more: false, retry: 0 });
const FULL = JSON.stringify({ messages: [], next: "5-k7Qd", more: false, retry: 1 });
const LATER_MS = 1100;

const CUTS: readonly ((res: ServerResponse) => unknown)[] = [
  (res) => res.destroy(),
  (res) => res.writeHead(504, { "Content-Type": "text/html" }).end("<h1>504</h1>"),
  (res) => res.end("<html>Sign in to the network"),
  (res) => res.writeHead(200, { "Content-Length": 999 }).write(EMPTY, () => res.destroy()),
];

/** Of four polls: two that are cut, one that is answered so, and the next. */
async function waitsAfter(cut: (res: ServerResponse) => unknown, answer: string): Promise<number[]> {
  const { url, waits } = await against((res, index) => {
    if (index < 2) setTimeout(() => cut(res), LATER_MS);
    else if (index === 2) res.end(answer);
  });
  const chat = poll(url);
  await until(() => waits().length >= 4, "the fourth poll");
  expect(chat.troubles).toHaveLength(2);
  return waits();
}

describe("the wait", () => {
  it("is halved where somebody cuts at one age again and again, in whatever way, and the server has an answer", async () => {
    const waits = await Promise.all(CUTS.map((cut) => waitsAfter(cut, EMPTY)));
    expect(waits).toEqual(CUTS.map(() => [8, 8, 0, 4]));
  });

  it("stays where the server is full after that, or stops", async () => {
    expect(await waitsAfter((res) => res.destroy(), FULL)).toEqual([8, 8, 0, 8]);
  });

  it("stays where a server is away for a moment, or answers in time", async () => {
    const { url, waits } = await against((res, index) => {
      if (index < 2) res.writeHead(502).end("<h1>502</h1>");
      else if (index === 2) res.end(FULL);
    });
    poll(url);
    await until(() => waits().length >= 4, "the fourth poll");
    expect(waits()).toEqual([8, 8, 8, 8]);
  });
});

describe("a poll", () => {
  it("asks below the mount, as itself, each time by an address of its own", async () => {
    const { url, asked } = await against((res, index) => (index < 3 ? res.end(FULL) : null));
    poll(url);
    await until(() => asked.length >= 4, "the fourth poll");
    expect(new Set(asked.map(({ pathname }) => pathname))).toEqual(new Set(["/chat/poll"]));
    expect(new Set(asked.map(({ search }) => search)).size).toBe(4);
    expect(new Set(asked.map(({ searchParams }) => searchParams.get("client"))).size).toBe(1);
    expect(asked[0]?.searchParams.get("client")).toMatch(/^[A-Za-z0-9_-]{1,32}$/);
  });

  it("asks once more at once, and tells nobody, when its kept connection has been closed", async () => {
    const used = new Set<unknown>();
    const { url, asked } = await against((res, _index, { socket }) => {
      if (used.has(socket)) socket.destroy();
      else res.end(FULL);
      used.add(socket);
    });
    const chat = poll(url);
    await until(() => asked.length >= 6, "the sixth request");
    expect(chat.troubles).toEqual([]);
  });

  it("does not turn in a circle when an empty answer comes too soon", async () => {
    const { url, asked } = await against((res) => res.end(EMPTY));
    poll(url);
    await until(() => asked.length === 2, "the second poll");
    const at = performance.now();
    await until(() => asked.length === 3, "the third poll");
    expect(performance.now() - at).toBeGreaterThan(500);
  });

  it("takes an old answer for none, and never goes back", async () => {
    const row = (id: number) => ({ id, room: "lobby", kind: "message", text: `${id}` });
    const answers = [
      { messages: [row(6), row(7)], next: "7-k7Qd" },
      { messages: [row(6)], next: "6-k7Qd" },
      { messages: [row(7), row(8)], next: "8-k7Qd" },
    ].map((answer) => JSON.stringify({ ...answer, more: false, retry: 0 }));
    const { url, asked } = await against((res, index) => (answers[index] ? res.end(answers[index]) : null));
    const chat = poll(url);
    const seen: number[] = [];
    for await (const { id } of chat) if (seen.push(id) === 3) break;
    expect(seen).toEqual([6, 7, 8]);
    expect(asked.slice(0, 4).map(({ searchParams }) => searchParams.get("since"))).toEqual(
      ["5", "7", "7", "8"].map((id) => `${id}-k7Qd`).slice(0, asked.length),
    );
  });
});
