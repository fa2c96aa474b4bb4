/** The graceful stop: who waits is answered, what was sent is stored, and nothing holds it up. */
import { existsSync } from "node:fs";
import { describe, expect } from "vitest";
import { type Answer, call, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { hasReadAll, parkPolls } from "../support/parked.js";
import { isGone } from "../support/process-group.js";
import { openRaw, type RawSocket, sendParts } from "../support/raw-socket.js";
import type { ServerProcess } from "../support/server.js";

const PARKED = 50;
const STOP_MS_MAX = 10_000;
/** What a stop takes when nothing holds it up: far below any timeout that could end a connection in its stead. */
const QUICK_MS_MAX = 2_000;

/** The ms from now until the process has ended, and how it ended. */
async function ended({ exited }: ServerProcess): Promise<{ ms: number; code: number | string }> {
  const from = performance.now();
  const code = await exited;
  return { ms: performance.now() - from, code };
}

function expectAnsweredEmpty(answers: readonly Answer[]): void {
  expect(answers).toHaveLength(PARKED);
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    expect(answer.headers.connection).toBe("close");
    expect(pollBody(answer)).toMatchObject({ messages: [], more: false, retry: expect.any(Number) });
  }
  const retries = answers.map((answer) => pollBody(answer).retry);
  expect(Math.min(...retries)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...retries)).toBeLessThanOrEqual(3000);
  // Spread, so that the clients do not come back together.
  expect(new Set(retries).size).toBeGreaterThan(PARKED / 2);
}

/** Sends that have begun and lack their last byte: in flight for certain. */
async function beginSends(
  { url, port }: ServerProcess,
  texts: readonly string[],
): Promise<readonly (() => Promise<RawSocket>)[]> {
  const sends = await Promise.all(
    texts.map(async (text) => {
      const [head, last] = sendParts({ name: "Ana", text });
      const socket = await openRaw(port);
      socket.write(head);
      return async () => {
        socket.write(last);
        await socket.until(/\r\n\r\n.+/s);
        return socket;
      };
    }),
  );
  await hasReadAll(url);
  return sends;
}

describe.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s", (signal) => {
  test(`answers all ${PARKED} parked polls 200 and empty, and ends with code 0`, async ({ start, agent }) => {
    const server = await start();
    const polls = await parkPolls(server.url, PARKED, "wait=45", { agent });
    const end = ended(server);
    server.child.kill(signal);
    expectAnsweredEmpty(await Promise.all(polls.map(({ answer }) => answer)));
    const { ms, code } = await end;
    console.log(`${signal}: ${PARKED} parked polls answered, ended after ${Math.round(ms)} ms`);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(QUICK_MS_MAX);
    // They were parked, not on their way: the server's own count.
    expect(server.output()).toMatch(new RegExp(`"parked":${PARKED},"msg":"stopping: ${signal}"`));
  });
});

test("a send in flight is finished: answered 201, and its row is there after the restart", async ({
  start,
}) => {
  const server = await start();
  const [poll] = await parkPolls(server.url, 1);
  const texts = Array.from({ length: 10 }, (_, n) => `in flight ${n}`);
  const silent = await openRaw(server.port);
  const sends = await beginSends(server, texts);
  const end = ended(server);
  server.child.kill("SIGTERM");
  // The poll's answer says that the stop has begun, the silent one's end that connections are being closed.
  await poll?.answer;
  await silent.gone;
  const sockets = await Promise.all(sends.map((finish) => finish()));
  for (const socket of sockets) expect(socket.received()).toMatch(/^HTTP\/1\.1 201 /);
  const { ms, code } = await end;
  expect(code).toBe(0);
  expect(ms).toBeLessThan(QUICK_MS_MAX);

  const again = await start();
  const page = pollBody(await call(`${again.url}/poll?limit=500`));
  expect(page.messages.map(({ text }) => text).toSorted()).toEqual(texts);
});

test("while it stops, nobody new gets in, and a poll on a kept connection is not parked again", async ({
  start,
}) => {
  const server = await start();
  const [poll] = await parkPolls(server.url, 1);
  const kept = await openRaw(server.port);
  const [head, last] = sendParts({ name: "Ana", text: "the last" });
  kept.write(head);
  await hasReadAll(server.url);
  const end = ended(server);
  server.child.kill("SIGTERM");
  await poll?.answer;
  await expect(openRaw(server.port)).rejects.toThrow(/ECONNREFUSED/);
  kept.write(`${last}GET /poll?since=now&wait=45 HTTP/1.1\r\nHost: chat\r\n\r\n`);
  await kept.until(/201 Created.*200 OK.*"messages":\[\]/s);
  expect(kept.received()).toMatch(/200 OK\r\n(?:.+\r\n)*Connection: close\r\n/);
  await kept.gone;
  expect(await end).toMatchObject({ code: 0 });
});

test("connections that carry nothing do not hold it up: kept idle, or silent since they were made", async ({
  start,
  agent,
}) => {
  const server = await start();
  await Promise.all(Array.from({ length: 10 }, () => call(`${server.url}/healthz`, { agent })));
  const silent = await Promise.all(Array.from({ length: 5 }, () => openRaw(server.port)));
  await hasReadAll(server.url);
  const end = ended(server);
  server.child.kill("SIGTERM");
  const { ms, code } = await end;
  await Promise.all(silent.map(({ gone }) => gone));
  console.log(`10 idle and 5 silent connections: ended after ${Math.round(ms)} ms`);
  expect(code).toBe(0);
  expect(ms).toBeLessThan(QUICK_MS_MAX);
});

test("a second signal within 2 s is ignored: a send in flight is still finished", async ({ start }) => {
  const server = await start();
  const [poll] = await parkPolls(server.url, 1);
  const [finish] = await beginSends(server, ["between two signals"]);
  server.child.kill("SIGINT");
  await poll?.answer;
  server.child.kill("SIGINT");
  server.child.kill("SIGTERM");
  // Both have arrived when the server, which reads its signals in the same loop, answers once more.
  const socket = await finish?.();
  expect(socket?.received()).toMatch(/^HTTP\/1\.1 201 /);
  expect(await server.exited).toBe(0);
});

test("npm start ends the same way when the signal goes to its whole process group, as a terminal sends it", async ({
  start,
  agent,
}) => {
  const server = await start({ command: ["npm", "start"], detached: true });
  const group = -(server.child.pid ?? 0);
  const polls = await parkPolls(server.url, PARKED, "wait=45", { agent });
  const end = ended(server);
  process.kill(group, "SIGINT");
  expectAnsweredEmpty(await Promise.all(polls.map(({ answer }) => answer)));
  const { ms } = await end;
  console.log(
    `npm start, SIGINT to its group: ${PARKED} of ${PARKED} answered, ended after ${Math.round(ms)} ms`,
  );
  // The code is npm's own, which dies of the signal as well and may be gone before the server is.
  expect(ms).toBeLessThan(STOP_MS_MAX);
  await expect.poll(() => isGone(group), { timeout: STOP_MS_MAX }).toBe(true);
  // Only a database that was closed in order is left without its -wal.
  expect(existsSync(`${server.database}-wal`)).toBe(false);
});

// Side by side, as both take their seconds by their nature.
describe.concurrent("with a request that is never finished", () => {
  test("a stop takes less than 10 s", async ({ start }) => {
    const server = await start();
    await beginSends(server, ["never finished"]);
    const end = ended(server);
    server.child.kill("SIGTERM");
    const { ms, code } = await end;
    console.log(`a request that is never finished: ended after ${Math.round(ms)} ms`);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(STOP_MS_MAX);
  });

  test("a signal that is repeated for 2 s ends it at once, and the code says that it was not graceful", async ({
    start,
  }) => {
    const server = await start();
    await beginSends(server, ["never finished"]);
    const end = ended(server);
    const repeat = setInterval(() => server.child.kill("SIGTERM"), 50);
    server.child.kill("SIGTERM");
    const { ms, code } = await end;
    clearInterval(repeat);
    expect(code).toBe(1);
    expect(ms).toBeGreaterThanOrEqual(1_990);
    expect(ms).toBeLessThan(5_000);
  });
});
