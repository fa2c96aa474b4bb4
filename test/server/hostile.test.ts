/** Clients that are slow, silent or gone against the server process: they are cut in time, others are served, nothing is left. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../support/free-port.js";
import { say } from "../support/guest.js";
import { call, pollBody } from "../support/http-client.js";
import { test as ownTest } from "../support/own-server.js";
import { hasReadAll, parkPolls } from "../support/parked.js";
import { openRaw, type RawSocket, rawGet, sendParts } from "../support/raw-socket.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { until } from "../support/until.js";

/** Plain JavaScript without types of its own, as the scripts are. */
interface Reader {
  readonly number: number;
  readonly doubled: number;
  readonly lost: number;
  readonly retryMs: number | null;
  readonly isAsking: boolean;
  go(): void;
  end(): void;
}
const { Reader } = (await import(new URL("../../scripts/hostile/reader.js", import.meta.url).href)) as {
  Reader: new (port: number, since: string) => Reader;
};

const SLOW = 40;
const SLOW_MS = 40_000;
/** What the server grants, how often it looks, and room for a busy machine. */
const HEAD_S = [9.5, 10 + 2 + 3] as const;
const BODY_S = [14.5, 15 + 2 + 3] as const;

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop("SIGKILL"));

/** Sends the next byte each second; resolves with how long it was let, in seconds, and what it was told. */
async function drip(socket: RawSocket, text: string): Promise<readonly [number, string]> {
  const began = performance.now();
  let at = 0;
  const dripping = setInterval(() => socket.write(text[at++] ?? "x"), 1000);
  await socket.gone;
  clearInterval(dripping);
  return [(performance.now() - began) / 1000, socket.received().split("\r\n")[0] ?? ""];
}

async function goneAfterS(socket: RawSocket): Promise<number> {
  const began = performance.now();
  await socket.gone;
  return (performance.now() - began) / 1000;
}

function open(count: number): Promise<readonly RawSocket[]> {
  return Promise.all(Array.from({ length: count }, () => openRaw(server.port)));
}

test(
  "slow heads, slow bodies and connections that say nothing are cut in time, while others are served",
  async () => {
    const [heads, bodies, silent] = [await open(SLOW), await open(SLOW), await open(SLOW)];
    const [sendHead] = sendParts({ name: "Eve", text: "half of it" });
    for (const socket of bodies) socket.write(sendHead.replace(/Length: \d+/, "Length: 500"));
    const all = Promise.all([
      Promise.all(heads.map((socket) => drip(socket, `${rawGet("/poll?since=now")}`.trimEnd()))),
      Promise.all(bodies.map((socket) => drip(socket, ""))),
      Promise.all(silent.map(goneAfterS)),
    ]);
    let served = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        const [poll] = await parkPolls(server.url, 1);
        await say(server.url, "Bo", `served ${served}`);
        const { messages } = pollBody((await poll?.answer) ?? { status: 0, headers: {}, text: "{}" });
        expect(messages).toMatchObject([{ text: `served ${served}` }]);
        served += 1;
      }
    })();
    const [headEnds, bodyEnds, silentS] = await all;
    isOver = true;
    await others;
    for (const [ends, [least, most]] of [
      [headEnds, HEAD_S],
      [bodyEnds, BODY_S],
    ] as const) {
      const times = ends.map(([s]) => s);
      expect(Math.min(...times)).toBeGreaterThan(least);
      expect(Math.max(...times)).toBeLessThan(most);
      expect(new Set(ends.map(([, said]) => said))).toEqual(new Set(["HTTP/1.1 408 Request Timeout"]));
    }
    expect(Math.min(...silentS)).toBeGreaterThan(HEAD_S[0]);
    expect(Math.max(...silentS)).toBeLessThan(HEAD_S[1]);
    expect(served).toBeGreaterThan(10);
    expect((await call(`${server.url}/history?room=lobby`)).text).not.toContain("half");
  },
  SLOW_MS,
);

ownTest("500 connections that ask and are reset leave nobody behind", async ({ start }) => {
  const own = await start();
  for (let n = 0; n < 500; n += 50) {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => openRaw(own.port)));
    for (const socket of sockets) socket.write(rawGet("/poll?since=0&wait=45") + rawGet("/events?since=now"));
    for (const socket of sockets) socket.reset();
  }
  await parkPolls(own.url, 1);
  await hasReadAll(own.url);
  await own.stop();
  expect(own.output()).toContain('"parked":1,"msg":"stopping: SIGTERM"');
  expect(own.output()).not.toMatch(/"level":[56]0/);
});

ownTest(
  "300 readers who are sent away by a restart come back, and have each message once",
  async ({ start }) => {
    const port = await freePort();
    const first = await start({ port });
    const { next } = pollBody(await call(`${first.url}/poll?since=now&wait=0`));
    const readers = Array.from({ length: 300 }, () => new Reader(port, next));
    for (const reader of readers) reader.go();
    const parked = () => readers.filter(({ isAsking }) => isAsking).length;
    await until(
      () => parked() === readers.length,
      () => `${parked()} parked`,
    );
    await hasReadAll(first.url);
    await say(first.url, "Ana", "number 1");
    await until(() => readers.every(({ number }) => number === 1), "the first");
    await first.stop();
    const told = readers.map(({ retryMs }) => retryMs ?? -1);
    expect(Math.min(...told)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...told)).toBeLessThan(3000);
    // Not all at once: a tenth of the readers in each fifth of the time, at least.
    const fifths = [0, 1, 2, 3, 4].map((fifth) => told.filter((ms) => Math.floor(ms / 600) === fifth).length);
    expect(Math.min(...fifths)).toBeGreaterThan(30);
    const second = await start({ port });
    await say(second.url, "Ana", "number 2");
    await until(() => readers.every(({ number }) => number === 2), "the second");
    await until(
      () => parked() === readers.length,
      () => `${parked()} parked again`,
    );
    await say(second.url, "Ana", "number 3");
    await until(() => readers.every(({ number }) => number === 3), "the third");
    for (const reader of readers) reader.end();
    expect(readers.map(({ lost, doubled }) => lost + doubled)).toEqual(readers.map(() => 0));
  },
);
