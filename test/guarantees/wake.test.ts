/** Wake: in a room where nothing else happens, one row answers whoever waits, on this process and on another. */
import { expect, vi } from "vitest";
import { call, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { nowMs, parkPolls } from "../support/parked.js";
import { openStream } from "../support/sse-reader.js";
import { openSocket } from "../support/ws-client.js";

/** Several starts, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

/** The promise is 100 ms, and a busy machine is no broken promise. A wake that is lost takes as long as the park. */
const LATE_MS = 4000;

test("guarantee 6: one row in a quiet room wakes poll, SSE and WebSocket on both processes long before their time", async ({
  start,
}) => {
  const servers = await Promise.all([start(), start()]);
  const [first] = servers;
  const waits: Promise<unknown>[] = [];
  for (const { url } of servers) {
    const [poll] = await parkPolls(url, 1, "wait=45");
    const stream = await openStream(`${url}/events?since=now`);
    await stream.has("hello");
    const socket = await openSocket(url, "?since=now");
    await socket.has(1);
    waits.push(
      (async () => expect(pollBody((await poll?.answer) as never).messages).toHaveLength(1))(),
      stream.has("Wake up").then(() => stream.leave()),
      socket.has(2).then(() => socket.socket.terminate()),
    );
  }
  await call(`${first?.url}/send`, { form: { name: "Ana", text: "Wake up" } });
  const ackedAt = nowMs();
  await Promise.all(waits);
  expect(nowMs() - ackedAt).toBeLessThan(LATE_MS);
});

test("guarantee 6: a time that is over is answered empty, and with the cursor that was asked since", async ({
  start,
}) => {
  const { url } = await start();
  const { next } = pollBody(await call(`${url}/poll?since=now&wait=0`));
  const { messages, next: same } = pollBody(await call(`${url}/poll?since=${next}&wait=1`));
  expect([messages, same]).toEqual([[], next]);
});
