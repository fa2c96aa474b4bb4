/** Who does not take what was written to it is cut, in time and in bytes; who takes it, however slowly, is not. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { mayBegin } from "../../src/http/pipelined.js";
import { cutUnread } from "../../src/http/unread.js";
import { rawGet } from "../support/raw-socket.js";
import { openStalled, type Stalled } from "../support/stalled.js";
import { until } from "../support/until.js";

const MIB = 1024 * 1024;
/** More than the system takes for a connection that is not read from. */
const ANSWER = Buffer.alloc(24 * MIB, "x");

let server: Server;
let port: number;
let nowMs: number;
let behind = 0;
const served: Socket[] = [];
const clients: Stalled[] = [];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  nowMs = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  served.length = clients.length = 0;
  server = createServer((req, res) => {
    if (mayBegin(req, res) && req.url !== "/parked") res.end(ANSWER);
    behind += Number(req.url === "/behind");
  });
  server.on("connection", (socket) => served.push(socket));
  cutUnread(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  for (const client of clients) client.destroy();
  server.close();
  server.closeAllConnections();
});

async function stall(count: number): Promise<void> {
  for (let n = 0; n < count; n++) clients.push(await openStalled(port, rawGet("/")));
  vi.mocked(performance.now).mockRestore();
  await until(() => served.filter(({ writableLength }) => writableLength > 0).length === count, "all wait");
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
}

function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 1000) {
    nowMs += 1000;
    vi.advanceTimersByTime(1000);
  }
}

const cut = () => served.filter(({ destroyed }) => destroyed).length;

it("who reads nothing is cut when a slow link would have taken it, and not before", async () => {
  await stall(1);
  const waitMs = 15_000 + ((served[0]?.writableLength ?? 0) * 1000) / 4096;
  pass(waitMs - 1000);
  expect(cut()).toBe(0);
  pass(3000);
  expect(cut()).toBe(1);
});

it("negative twin: who has read it by then is not, and has all of it", async () => {
  await stall(1);
  pass(10_000);
  const reading = clients[0]?.read();
  vi.mocked(performance.now).mockRestore();
  await until(() => served[0]?.writableLength === 0, "taken");
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  pass(100_000_000 / 10);
  expect(cut()).toBe(0);
  expect(reading?.all().length).toBeGreaterThan(0);
});

it("when all together wait for more than 256 MiB, as many are cut as that takes, and no more", async () => {
  await stall(14);
  const waiting = served.reduce((sum, { writableLength }) => sum + writableLength, 0);
  const over = Math.ceil(waiting / MIB) - 256;
  expect(over).toBeGreaterThan(0);
  pass(1000);
  expect(cut()).toBe(Math.ceil(over / 24));
  const left = served.reduce((sum, socket) => sum + (socket.destroyed ? 0 : socket.writableLength), 0);
  expect(left).toBeLessThanOrEqual(256 * MIB);
});

it("what waits behind a parked answer counts, too: it is in no socket yet", async () => {
  behind = 0;
  const packet = rawGet("/parked") + rawGet("/behind").repeat(3);
  for (let n = 0; n < 4; n++) clients.push(await openStalled(port, packet));
  vi.mocked(performance.now).mockRestore();
  await until(() => behind === 4 * 3, "all are answered");
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  expect(served.map(({ writableLength }) => writableLength)).toEqual([0, 0, 0, 0]);
  pass(1000);
  expect(cut()).toBe(1);
  pass(100_000);
  expect(cut()).toBe(1);
});

it("negative twin: 256 MiB are left alone", async () => {
  await stall(9);
  pass(1000);
  expect(cut()).toBe(0);
});
