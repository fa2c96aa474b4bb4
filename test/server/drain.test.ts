/** DRAIN_SECONDS: between SIGTERM and the stop a balancer has time to send people elsewhere, and nobody notices. */
import { Agent } from "node:http";
import { expect, onTestFinished } from "vitest";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import type { ServerProcess } from "../support/server.js";
import { openStream } from "../support/sse-reader.js";
import { until } from "../support/until.js";
import { openSocket } from "../support/ws-client.js";

const LONG = { env: { DRAIN_SECONDS: "60" } };

/** Resolves when the server has taken the signal. */
async function drains(server: ServerProcess): Promise<void> {
  server.child.kill("SIGTERM");
  await until(() => server.output().includes("draining: SIGTERM"), "the line of the drain");
}

test("everything goes on but /readyz, which says no, and every answer is the last of its connection", async ({
  start,
  agent,
}) => {
  const server = await start(LONG);
  const [before] = await parkPolls(server.url, 1, "wait=45", { agent });
  await drains(server);
  const ready = await call(`${server.url}/readyz`);
  expect([ready.status, codeOf(ready)]).toEqual([503, "closed"]);
  expect((await call(`${server.url}/healthz`)).status).toBe(200);

  // New ones are parked, by every transport, and all are woken.
  const [after] = await parkPolls(server.url, 1, "wait=45", { agent });
  const events = await openStream(`${server.url}/events?since=now`);
  const socket = await openSocket(server.url, "?since=now");
  const sent = await call(`${server.url}/send`, { form: { name: "Ana", text: "still here" }, agent });
  expect(sent.status).toBe(201);
  for (const poll of [before, after]) {
    const answer = await poll?.answer;
    expect(answer && pollBody(answer).messages).toMatchObject([{ text: "still here" }]);
    expect(answer?.headers.connection).toBe("close");
  }
  await events.has("still here");
  await until(() => socket.texts().includes("still here"), "the frame");
  const page = await call(`${server.url}/rooms/lobby`, { agent, headers: { accept: "text/html" } });
  for (const { headers } of [sent, page, ready]) expect(headers.connection).toBe("close");
  events.leave();
  socket.socket.terminate();
  expect(server.child.exitCode).toBeNull();
});

test("connections are kept while nothing has been signalled", async ({ start }) => {
  const server = await start(LONG);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const answers = [
    await call(`${server.url}/poll?since=now&wait=0`, { agent }),
    await call(`${server.url}/readyz`, { agent }),
  ];
  expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual([
    [200, "keep-alive"],
    [200, "keep-alive"],
  ]);
});

test("when the time is over it stops as ever: who waits is answered", async ({ start }) => {
  const server = await start({ env: { DRAIN_SECONDS: "1" } });
  const [poll] = await parkPolls(server.url, 1);
  const from = performance.now();
  await drains(server);
  const answer = await poll?.answer;
  expect(performance.now() - from).toBeGreaterThanOrEqual(990);
  expect(answer && pollBody(answer)).toMatchObject({ messages: [], retry: expect.any(Number) });
  expect(await server.exited).toBe(0);
});

test("SIGINT does not wait, nor does a second SIGTERM after two seconds", async ({ start }) => {
  const servers = await Promise.all([start(LONG), start(LONG)]);
  const [stopped, asked] = servers;
  expect(await stopped.stop("SIGINT")).toBe(0);
  await drains(asked);
  const from = performance.now();
  const repeat = setInterval(() => asked.child.kill("SIGTERM"), 50);
  const [poll] = await parkPolls(asked.url, 1);
  const answer = await poll?.answer;
  clearInterval(repeat);
  expect(answer && pollBody(answer).messages).toEqual([]);
  expect(await asked.exited).toBe(0);
  expect(performance.now() - from).toBeGreaterThan(1_900);
  expect(performance.now() - from).toBeLessThan(10_000);
});
