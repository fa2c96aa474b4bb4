/** Said, not silent: a cursor that means nothing here is answered at once, on every transport. */
import { describe, expect, test } from "vitest";
import { call, idOf, pollBody } from "../support/http-client.js";
import { endOf, parkPolls } from "../support/parked.js";
import { eventsIn, openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();

async function say(text: string): Promise<number> {
  return idOf(await call(`${app().url}/send`, { form: { name: "Ana", text } }));
}

/** The id of a row that is not kept, and neither is the next. */
async function removed(): Promise<string> {
  const [first, upto] = [await say("not kept"), await say("not kept either")];
  await app().chat.store.retention.pruneRoom("lobby", upto);
  return String(first);
}

/** What each transport says first to a cursor: the reason, and the rows that come with it. */
const WIRES: Readonly<Record<string, (since: string) => Promise<{ reason: unknown; texts: unknown[] }>>> = {
  async poll(since) {
    const { reset, messages } = pollBody(await call(`${app().url}/poll?since=${since}&wait=45`));
    return { reason: reset?.reason, texts: messages.map(({ text }) => text) };
  },
  async sse(since) {
    const stream = await openStream(`${app().url}/events?since=${since}`);
    await stream.has("here now");
    stream.leave();
    const [first, ...rows] = eventsIn(stream.text());
    return { reason: first?.data.reset?.reason, texts: rows.map(({ data }) => data.text) };
  },
  async ws(since) {
    const socket = await openSocket(app().url, `?since=${since}`);
    await socket.has(1);
    socket.socket.terminate();
    return { reason: socket.frames[0].reset?.reason, texts: socket.texts() };
  },
};

describe.each(Object.keys(WIRES))("by %s", (wire) => {
  test.each([
    ["epoch", "of another database", async () => "1-zzzzzz"],
    ["ahead", "newer than the newest row", async () => "999999"],
    ["gap", "below what is kept", removed],
  ])("guarantee 5: reset says %s to a cursor %s, with the newest rows", async (reason, _, since) => {
    const cursor = await since();
    await say("here now");
    const said = await WIRES[wire]?.(cursor);
    expect(said?.reason).toBe(reason);
    expect(said?.texts).toContain("here now");
  });
});

test("guarantee 5: a cursor at the very end is told nothing of the kind: it waits for the next row", async () => {
  await say("the newest");
  const since = await endOf(app().url);
  const [poll] = await parkPolls(app().url, 1);
  await say("the next");
  const { reset, messages } = pollBody((await poll?.answer) ?? { status: 0, headers: {}, text: "{}" });
  expect(reset).toBeUndefined();
  expect(messages.map(({ text }) => text)).toEqual(["the next"]);
  expect(Number.parseInt(since, 10)).toBeLessThan(messages[0]?.id ?? 0);
});
