/** A poll taken from the parser is answered byte for byte as node would, but for the Date and what differs by the moment. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { setTimeouts } from "../../src/http/timeouts.js";
import { handUpgrades } from "../../src/http/upgrade.js";
import { openRaw } from "../support/raw-socket.js";
import { type Standalone, standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const app = standalone();
let plain: Server;
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  plain = await plainServerOf(app());
  // So that all ids have two digits: their number is in Content-Length.
  for (let i = 0; i < 12; i++) await app().chat.send({ room: "lobby", text: `number ${i}` });
});
afterAll(() => {
  plain.close();
  plain.closeAllConnections();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The same chat on a server whose lane is not open. */
async function plainServerOf({ server }: Standalone): Promise<Server> {
  const other = createServer(server.listeners("request")[0] as RequestListener);
  setTimeouts(other);
  handUpgrades(other, "/ws");
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
  return other;
}

interface Asked {
  readonly bytes: string;
  /** What the first answer ends with. */
  readonly end?: RegExp;
  /** What happens once the request is parked. */
  readonly onParked?: () => Promise<unknown>;
}

const NEXT = "GET /healthz HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n";

/** Everything that came, also for a request behind it: whether the connection is kept shows in that. */
async function said(port: number, { bytes, end = /\}$/, onParked }: Asked): Promise<string> {
  const socket = await openRaw(port);
  socket.write(bytes);
  if (onParked) {
    await until(() => app().chat.tail.parked === 1, "parked");
    await onParked();
  }
  await socket.until(end);
  socket.write(NEXT);
  await socket.gone;
  return socket
    .received()
    .replace(/^Date: .*$/gm, "Date: then")
    .replace(/"(id|next|at)":("[^"]*"|\d+)/g, '"$1":0');
}

async function bothSay(asked: Asked): Promise<string> {
  const lane = await said(app().port, asked);
  expect(lane).toBe(await said(portOf(plain), asked));
  return lane;
}

function get(query: string, version = "1.1", ...headers: string[]): string {
  return [`GET /poll${query} HTTP/${version}`, "Host: chat", ...headers, "", ""].join("\r\n");
}

const row = () => app().chat.send({ room: "lobby", text: "Grüße 你好 😀" });
const busy = async () => {
  throw new ParkbenchError("storage_busy", "busy");
};
/** Parks at the end of the log, wherever that is by then. */
const END = async () => `?since=${await app().chat.store.log.newest()}`;

describe("parked", () => {
  it.each([
    ["on HTTP/1.1", "1.1", []],
    ["on HTTP/1.1 with Connection: close", "1.1", ["Connection: close"]],
    ["on HTTP/1.1 with Connection: keep-alive", "1.1", ["Connection: keep-alive"]],
    ["on HTTP/1.0", "1.0", []],
    ["on HTTP/1.0 with keep-alive", "1.0", ["Connection: keep-alive"]],
    ["with a preference", "1.1", ["Prefer: wait=20"]],
    ["with an Upgrade that nobody takes", "1.1", ["Connection: Upgrade", "Upgrade: h2c"]],
    ["after 100 Continue", "1.1", ["Expect: 100-continue"]],
  ])("%s, and woken by a row", async (_what, version, headers) => {
    const lane = await said(app().port, { bytes: get(await END(), version, ...headers), onParked: row });
    const nodes = await said(portOf(plain), { bytes: get(await END(), version, ...headers), onParked: row });
    expect(lane).toBe(nodes);
    expect(lane).toContain('"text":"Gr');
  });

  it("until its time is over", async () => {
    expect(await bothSay({ bytes: get(`${await END()}&wait=1`) })).toContain('"messages":[]');
  });
});

describe("answered at once", () => {
  it.each([
    ["rows", get("?since=3&limit=2"), 200],
    ["rows, without keep-alive", get("?since=3&limit=2", "1.1", "Connection: close"), 200],
    ["rows, to HTTP/1.0", get("?since=3&limit=2", "1.0"), 200],
    ["rows, to HTTP/1.0 with keep-alive", get("?since=3&limit=2", "1.0", "Connection: keep-alive"), 200],
    ["nothing, as it may not wait", get("?since=12&wait=0"), 200],
    ["a page with a reset", get("?since=3-zzzz&limit=1"), 200],
    ["a page with a reset, as it is ahead", get("?since=99999&limit=1"), 200],
    ["the newest page", get("?limit=1"), 200],
    ["the newest page, without a query", get(""), 200],
    ["the end of the log", get("?since=now&wait=0"), 200],
    ["an unknown room", get("?since=3&room=nowhere"), 404],
    ["an unknown room, to HTTP/1.0", get("?since=3&room=nowhere", "1.0"), 404],
    ["a bad cursor", get("?since=x"), 400],
    ["bad percent-encoding", get("?since=%zz"), 400],
    ["two Hosts", get("?since=3", "1.1", "Host: other"), 400],
    ["a body", `${get("?since=3", "1.1", "Content-Length: 2")}ab`, 400],
    ["an empty body", get("?since=3&limit=1", "1.1", "Content-Length: 0"), 200],
    ["an absolute form", get("?since=3&limit=1").replace("/poll", "http://chat/poll"), 200],
    ["a method that is not allowed", get("?since=3").replace("GET", "DELETE"), 405],
  ])("%s", async (_what, bytes, status) => {
    expect(await bothSay({ bytes })).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it.each([
    ["HEAD", get("?since=3").replace("GET", "HEAD"), 200],
    ["no Host", get("?since=3").replace("Host: chat\r\n", ""), 400],
    ["an expectation that nobody keeps", get("?since=3", "1.1", "Expect: x"), 417],
  ])("%s, without a body", async (_what, bytes, status) => {
    expect(await bothSay({ bytes, end: /\r\n\r\n/ })).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it.each(["keep-alive", "close"])("storage that is busy, Connection: %s", async (connection) => {
    vi.spyOn(app().chat.store.log, "newest").mockImplementation(busy);
    const bytes = get("?since=99999", "1.1", `Connection: ${connection}`);
    expect(await bothSay({ bytes })).toMatch(/^HTTP\/1.1 503 [\s\S]*Retry-After: 1\r\n/);
  });
});

it("released by a stop", async () => {
  const own = await startStandalone();
  const other = await plainServerOf(own);
  try {
    const sockets = await Promise.all([openRaw(own.port), openRaw(portOf(other))]);
    for (const socket of sockets) socket.write(get("?since=0"));
    await until(() => own.chat.tail.parked === 2, "both parked");
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    own.chat.stop();
    await Promise.all(sockets.map(({ gone }) => gone));
    const [lane, nodes] = sockets.map((socket) => socket.received().replace(/^Date: .*$/gm, "Date: then"));
    expect(lane).toMatch(/^Connection: close\r$/m);
    expect(lane).toBe(nodes);
  } finally {
    other.close();
    await own.close();
  }
});
