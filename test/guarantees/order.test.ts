/** Order: one sequence a room, the same for every reader, and no later send before an earlier one. */
import { expect, vi } from "vitest";
import { call, idOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { openStream, textsIn } from "../support/sse-reader.js";
import { openSocket } from "../support/ws-client.js";

/** Several starts, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const ROWS = 30;

function say(url: string | undefined, text: string) {
  return call(`${url}/send`, { form: { name: "Ana", text } });
}

test("guarantee 1: a send that begins after another was answered has the larger id, whichever process took it", async ({
  start,
}) => {
  const servers = await Promise.all([start(), start()]);
  const ids: number[] = [];
  for (let n = 0; n < ROWS; n++) ids.push(idOf(await say(servers[n % 2]?.url, `row ${n}`)));
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(new Set(ids).size).toBe(ROWS);
});

test("guarantee 1: of sends that overlap nobody can say the order, and all readers see the same one", async ({
  start,
}) => {
  const servers = await Promise.all([start(), start()]);
  const streams = await Promise.all(servers.map(({ url }) => openStream(`${url}/events?since=0`)));
  const sockets = await Promise.all(servers.map(({ url }) => openSocket(url, "?since=0")));
  const sends = await Promise.all(
    Array.from({ length: ROWS }, (_, n) => say(servers[n % 2]?.url, `row ${n}.`)),
  );
  const byId = sends.map((sent) => ({ id: idOf(sent), text: JSON.parse(sent.text).text as string }));
  const order = byId.toSorted((a, b) => a.id - b.id).map(({ text }) => text);
  for (const { url } of servers) {
    const { messages } = pollBody(await call(`${url}/poll?since=0&limit=500`));
    expect(messages.map(({ text }) => text)).toEqual(order);
  }
  const last = order.at(-1) ?? "";
  for (const stream of streams) {
    await stream.has(`"text":"${last}"`);
    expect(textsIn(stream.text())).toEqual(order);
    stream.leave();
  }
  for (const socket of sockets) {
    await expect.poll(() => socket.texts().length).toBe(ROWS);
    expect(socket.texts()).toEqual(order);
    socket.socket.terminate();
  }
});
