/** What a parked poll costs in memory: its connection, and neither a request nor a response nor a timer of its own. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { openRaw, type RawSocket, rawGet } from "../support/raw-socket.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { until } from "../support/until.js";

const READERS = 300;
const PROGRAM = fileURLToPath(new URL("../../dist/server.js", import.meta.url));
const COUNT = fileURLToPath(new URL("../support/count-held.js", import.meta.url));

interface Held {
  readonly requests: number;
  readonly responses: number;
  readonly timers: number;
}

let server: ServerProcess;
let since: number;
const sockets: RawSocket[] = [];

beforeAll(async () => {
  server = await startServer({ command: [process.execPath, "--import", COUNT, PROGRAM] });
  since = await say(server.url, "Ana", "the last that everybody has");
});
afterAll(async () => {
  for (const socket of sockets) socket.reset();
  await server.stop();
});

async function held(): Promise<Held> {
  const before = server.output().length;
  server.child.kill("SIGUSR2");
  const line = () => /^held (.*)$/m.exec(server.output().slice(before))?.[1];
  await until(() => line() !== undefined, "the count");
  return JSON.parse(line() ?? "null") as Held;
}

async function open(path: string, first: RegExp | null): Promise<void> {
  for (let n = 0; n < READERS; n++) {
    const socket = await openRaw(server.port);
    sockets.push(socket);
    socket.write(rawGet(path));
    if (first) await socket.until(first);
  }
}

test(`${READERS} parked polls hold neither requests nor responses, and share their timers`, async () => {
  // Twice: the second poll of a connection must leave as little behind as the first.
  await open(`/poll?since=${since}&wait=45`, null);
  const next = await say(server.url, "Ana", "and one more");
  for (const socket of sockets) {
    await socket.until(/"and one more"/);
    socket.write(rawGet(`/poll?since=${next}&wait=45`));
  }
  await hasParkedAgain();
  const { requests, responses, timers } = await held();
  expect([requests, responses].map((count) => count < READERS / 10)).toEqual([true, true]);
  // Waits end within 9 s of each other: 90 tenths of a second, and as many for idle connections.
  expect(timers).toBeLessThan(READERS * 0.65);
});

/** Answered behind all polls, which came before it. */
async function hasParkedAgain(): Promise<void> {
  for (let n = 0; n < 3; n++) expect((await call(`${server.url}/healthz`)).status).toBe(200);
}

test("negative twin: as many streams are seen to hold theirs", async () => {
  await open("/events?since=now", /event: hello/);
  expect((await held()).responses).toBeGreaterThanOrEqual(READERS);
});
