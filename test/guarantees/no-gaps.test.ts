/** No gaps, no duplicates: who asks since the last id that it kept gets each later row once, whatever came between. */
import { expect, vi } from "vitest";
import { call, type PollBody, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { eventsIn, openStream } from "../support/sse-reader.js";
import { openSocket } from "../support/ws-client.js";

/** Several starts, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

async function say(url: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await call(`${url}/send`, { form: { name: "Ana", text } });
}

async function poll(url: string, query: string): Promise<PollBody> {
  return pollBody(await call(`${url}/poll?${query}`));
}

test("guarantee 4: a cursor leads through another process, another transport, a lost answer and a kill", async ({
  start,
}) => {
  const [here, there] = await Promise.all([start(), start()]);
  const heard: string[] = [];
  await say(here.url, "1", "2", "3", "4", "5");
  const first = await poll(here.url, "since=0&limit=2");
  heard.push(...first.messages.map(({ text }) => text));

  const stream = await openStream(`${there.url}/events?since=${first.next}`);
  await stream.has('"text":"4"');
  // What came after the fourth is lost with the connection.
  const events = eventsIn(stream.text()).filter(({ data }) => Number(data.text) <= 4);
  stream.leave();
  heard.push(...events.map(({ data }) => data.text));

  // An answer that nobody has read moves nothing.
  await poll(there.url, `since=${events.at(-1)?.id}`);
  await here.stop("SIGKILL");
  const again = await start();
  await say(again.url, "6", "7");
  const socket = await openSocket(again.url, `?since=${events.at(-1)?.id}`);
  await expect.poll(() => socket.texts().length).toBe(3);
  heard.push(...socket.texts());
  socket.socket.terminate();
  expect(heard).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
});

test("guarantee 4: next moves only over rows of the answer, and stays where it was in an empty one", async ({
  start,
}) => {
  const { url } = await start();
  await say(url, "1", "2", "3");
  const { messages, next, more } = await poll(url, "since=0&limit=2");
  expect([Number.parseInt(next, 10), more]).toEqual([messages.at(-1)?.id, true]);
  const rest = await poll(url, `since=${next}`);
  expect(rest.messages.map(({ text }) => text)).toEqual(["3"]);
  const empty = await poll(url, `since=${rest.next}&wait=0`);
  expect([empty.messages, empty.next]).toEqual([[], rest.next]);
});

test("guarantee 4: who keeps a cursor and not its rows lacks exactly those: the cursor is the reader's", async ({
  start,
}) => {
  const { url } = await start();
  await say(url, "1", "2", "3");
  const { next } = await poll(url, "since=0&limit=2");
  const { messages } = await poll(url, `since=${next}`);
  expect(messages.map(({ text }) => text)).toEqual(["3"]);
});
