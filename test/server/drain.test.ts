/** DRAIN_SECONDS: between SIGTERM and the stop a balancer has time to send people elsewhere, and nobody notices. */
import { expect } from "vitest";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { endOf, hasReadAll, parkPolls } from "../support/parked.js";
import { openRaw, rawGet } from "../support/raw-socket.js";
import type { ServerProcess } from "../support/server.js";
import { openStream } from "../support/sse-reader.js";
import { until } from "../support/until.js";
import { openSocket } from "../support/ws-client.js";

const seconds = (count: number) => ({ env: { DRAIN_SECONDS: String(count) } });

/** Resolves when the server has taken the signal. */
async function drains(server: ServerProcess): Promise<void> {
  server.child.kill("SIGTERM");
  await until(() => server.output().includes("draining: SIGTERM"), "the line of the drain");
}

test("at first everything goes on but /readyz, which says no", async ({ start, agent }) => {
  const server = await start(seconds(60));
  const [before] = await parkPolls(server.url, 1);
  await drains(server);
  const ready = await call(`${server.url}/readyz`, { agent });
  expect([ready.status, codeOf(ready), ready.headers.connection]).toEqual([503, "closed", "keep-alive"]);
  expect((await call(`${server.url}/healthz`)).status).toBe(200);
  expect(server.output()).not.toMatch(/"level":[45]0/);

  // New ones are parked, by every transport, and all are woken.
  const [after] = await parkPolls(server.url, 1);
  const events = await openStream(`${server.url}/events?since=now`);
  const socket = await openSocket(server.url, "?since=now");
  const sent = await call(`${server.url}/send`, { form: { name: "Ana", text: "still here" } });
  expect(sent.status).toBe(201);
  for (const poll of [before, after]) {
    const answer = await poll?.answer;
    expect(answer && pollBody(answer).messages).toMatchObject([{ text: "still here" }]);
  }
  await events.has("still here");
  await until(() => socket.texts().includes("still here"), "the frame");
  events.leave();
  socket.socket.terminate();
});

test("then no connection is taken, those that are kept are served once more, and who is parked stays so", async ({
  start,
}) => {
  const server = await start(seconds(8));
  const since = await endOf(server.url);
  const events = await openStream(`${server.url}/events?since=${since}`);
  const poll = await openRaw(server.port);
  poll.write(rawGet(`/poll?since=${since}&wait=45`));
  const kept = await openRaw(server.port);
  kept.write(rawGet("/healthz"));
  await kept.until(/"ok"/);
  await hasReadAll(server.url);
  await drains(server);
  const refused = () => openRaw(server.port).then((socket) => socket.reset());
  await expect.poll(() => refused().catch(String), { timeout: 8000 }).toMatch(/ECONNREFUSED/);

  const body = "name=Ana&text=by+the+last+one";
  kept.write(
    "POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  await kept.until(/201 Created/);
  await kept.gone;
  expect(kept.received()).toMatch(/200 OK\r\n(?:.+\r\n)*Connection: keep-alive\r\n/);
  expect(kept.received()).toMatch(/201 Created\r\n(?:.+\r\n)*Connection: close\r\n/);
  await poll.until(/by the last one/);
  await poll.gone;
  expect(poll.received()).toMatch(/Connection: close\r\n/);
  await events.has("by the last one");
  // With nobody left it does not wait for the rest of its time.
  const from = performance.now();
  events.leave();
  expect(await server.exited).toBe(0);
  expect(performance.now() - from).toBeLessThan(3000);
});

test("when the time is over it stops as ever: who waits is answered", async ({ start }) => {
  const server = await start(seconds(1));
  const [poll] = await parkPolls(server.url, 1);
  const from = performance.now();
  await drains(server);
  const answer = await poll?.answer;
  expect(performance.now() - from).toBeGreaterThanOrEqual(900);
  expect(answer && pollBody(answer)).toMatchObject({ messages: [], retry: expect.any(Number) });
  expect(await server.exited).toBe(0);
});

test("SIGINT does not wait, nor does a second SIGTERM after two seconds", async ({ start }) => {
  const [stopped, asked] = await Promise.all([start(seconds(60)), start(seconds(60))]);
  expect(await stopped.stop("SIGINT")).toBe(0);
  const [poll] = await parkPolls(asked.url, 1);
  await drains(asked);
  const from = performance.now();
  const repeat = setInterval(() => asked.child.kill("SIGTERM"), 50);
  const answer = await poll?.answer;
  clearInterval(repeat);
  expect(answer && pollBody(answer).messages).toEqual([]);
  expect(await asked.exited).toBe(0);
  expect(performance.now() - from).toBeGreaterThan(1_900);
  expect(performance.now() - from).toBeLessThan(10_000);
});
