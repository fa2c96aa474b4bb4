/** The poll's wait: shorter where somebody cuts it, and for good; full length where nobody does. */
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
    asked.push(new URL(req.url ?? "", "http://localhost"));
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

function poll(url: string, since = "5-k7Qd"): Chat & { readonly troubles: string[] } {
  const troubles: string[] = [];
  const chat = connect({
    url,
    since,
    transports: ["poll"],
    waitS: 8,
    onTrouble: ({ code }) => troubles.push(code),
  });
  ends.push(() => chat.close());
  return Object.assign(chat, { troubles });
}

const EMPTY = JSON.stringify({ messages: [], next: "5-k7Qd", more: false, retry: 0 });
const LATER_MS = 1100;

describe("the wait", () => {
  it.each<[string, (res: ServerResponse) => unknown]>([
    ["cuts", (res) => res.destroy()],
    [
      "answers an error page",
      (res) => res.writeHead(504, { "Content-Type": "text/html" }).end("<h1>504</h1>"),
    ],
    ["answers a page with 200", (res) => res.end("<html>Sign in to the network")],
    [
      "breaks off in the answer",
      (res) => res.writeHead(200, { "Content-Length": 999 }).write(EMPTY, () => res.destroy()),
    ],
  ])("is halved each time that somebody %s, down to 3 s", async (_what, answer) => {
    const { url, waits } = await against((res, index) =>
      index < 2 ? setTimeout(() => answer(res), LATER_MS) : res.end(),
    );
    const chat = poll(url);
    await until(() => waits().length >= 3, "the third poll");
    expect(waits().slice(0, 3)).toEqual([8, 4, 3]);
    expect(chat.troubles).toHaveLength(2);
  });

  it("stays where a server is away for a moment, or answers in time", async () => {
    const { url, waits } = await against((res, index) => {
      if (index < 2) res.writeHead(502).end("<h1>502</h1>");
      else if (index === 2) res.end(JSON.stringify({ messages: [], next: "5-k7Qd", more: false, retry: 1 }));
    });
    poll(url);
    await until(() => waits().length >= 4, "the fourth poll");
    expect(waits()).toEqual([8, 8, 8, 8]);
  });
});

describe("a poll", () => {
  it("asks below the mount, as itself, each time by an address of its own", async () => {
    const { url, asked } = await against((res, index) =>
      index < 3 ? res.end(JSON.stringify({ messages: [], next: "5-k7Qd", more: false, retry: 1 })) : null,
    );
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
      else res.end(JSON.stringify({ messages: [], next: "5-k7Qd", more: false, retry: 1 }));
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
