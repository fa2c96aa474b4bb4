/** GET /events: the rows after a cursor as server-sent events, each once, in order, and nobody else's. */
import { EventSource } from "eventsource";
import { beforeAll, describe, expect, it } from "vitest";
import { embedded } from "../support/embedded.js";
import { makeRoom, say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { openRaw } from "../support/raw-socket.js";
import { eventsIn, openStream, textsIn } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone();
const url = () => app().url;
const cursor = (id: number) => `${id}-${app().chat.store.log.epoch}`;

async function eventsOf(query: string, headers: Record<string, string> = {}) {
  const stream = await openStream(`${url()}/events${query}`, headers);
  await stream.has(/data: .*\n\n/);
  return stream;
}

beforeAll(() => makeRoom(url(), "Maker", "yard", "The yard"));

describe("a stream", () => {
  it("has the headers that keep caches and buffers away, retry first, and hello at once with the cursor", async () => {
    const id = await say(url(), "Ana", "before");
    const stream = await eventsOf("?since=now");
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
      "transfer-encoding": "chunked",
    });
    const [, retry] =
      /^retry: (\d+)\n\nevent: hello\nid: [^\n]+\ndata: [^\n]+\n\n$/.exec(stream.text()) ?? [];
    expect(Number(retry)).toBeGreaterThanOrEqual(1000);
    expect(Number(retry)).toBeLessThanOrEqual(3000);
    const data = { messages: [], next: cursor(id), more: false, retry: 0 };
    expect(eventsIn(stream.text())).toEqual([{ type: "hello", id: cursor(id), data }]);
    stream.leave();
    await nobodyWaits(benchOf(app()));
  });

  it("brings a row as the event of its kind, with its cursor and the message object of a poll", async () => {
    const stream = await eventsOf("?since=now");
    const id = await say(url(), "Ana", "hello");
    await app().chat.send({ room: "lobby", kind: "score", data: { home: 2 } });
    await stream.has('"home":2');
    const { messages } = JSON.parse((await call(`${url()}/poll?since=${id - 1}`)).text);
    expect(eventsIn(stream.text()).slice(1)).toEqual([
      { type: "message", id: cursor(id), data: messages[0] },
      { type: "score", id: cursor(id + 1), data: messages[1] },
    ]);
    stream.leave();
  });

  it("with typed=0 has no event lines, and only rows have an id in their data", async () => {
    const stream = await eventsOf("?since=now&typed=0");
    await app().chat.send({ room: "lobby", kind: "score", data: { home: 3 } });
    await stream.has('"home":3');
    expect(stream.text()).not.toMatch(/^event/m);
    expect(eventsIn(stream.text()).map(({ data }) => "id" in data)).toEqual([false, true]);
    stream.leave();
  });

  it("follows the rooms it names, and never another", async () => {
    const both = await eventsOf("?since=now&room=lobby&room=yard");
    const yard = await eventsOf("?since=now&room=yard");
    const lobby = await eventsOf("?since=now");
    for (const [i, room] of ["lobby", "yard", "lobby", "yard"].entries())
      await say(url(), "Ana", `${room} ${i}`, room);
    for (const [stream, texts] of [
      [both, ["lobby 0", "yard 1", "lobby 2", "yard 3"]],
      [yard, ["yard 1", "yard 3"]],
      [lobby, ["lobby 0", "lobby 2"]],
    ] as const) {
      await stream.has(texts.at(-1) ?? "");
      expect(textsIn(stream.text())).toEqual(texts);
      stream.leave();
    }
  });

  it("without a cursor begins with the newest page, whose rows come as events behind the hello", async () => {
    const ids = [];
    for (const text of ["one", "two", "three"]) ids.push(await say(url(), "Ana", text));
    const stream = await eventsOf("?limit=2");
    await stream.has('"three"');
    expect(eventsIn(stream.text()).map(({ type, id }) => [type, id])).toEqual([
      ["hello", cursor((ids[1] ?? 0) - 1)],
      ["message", cursor(ids[1] ?? 0)],
      ["message", cursor(ids[2] ?? 0)],
    ]);
    stream.leave();
  });

  it("reads a long way in batches, every row once", async () => {
    const from = await say(url(), "Ana", "the first");
    for (let i = 0; i < 30; i++) await app().chat.send({ room: "lobby", text: `row ${i}` });
    const stream = await eventsOf(`?since=${from}&limit=4`);
    await stream.has("row 29");
    expect(textsIn(stream.text())).toEqual(Array.from({ length: 30 }, (_, i) => `row ${i}`));
    stream.leave();
  });

  it("goes on from Last-Event-ID rather than from since; an empty one says nothing", async () => {
    const ids = [];
    for (const text of ["a", "b", "c"]) ids.push(await say(url(), "Ana", text));
    const [first = 0, second = 0] = ids;
    const resumed = await eventsOf(`?since=${first - 1}`, { "Last-Event-ID": cursor(second) });
    const fresh = await eventsOf(`?since=${first}`, { "Last-Event-ID": "" });
    for (const [stream, texts] of [
      [resumed, ["c"]],
      [fresh, ["b", "c"]],
    ] as const) {
      await stream.has('"text":"c"');
      expect(textsIn(stream.text())).toEqual(texts);
      stream.leave();
    }
  });

  it.each([
    ["ahead", () => "999999999"],
    ["epoch", () => "1-zzzz"],
  ])(
    "tells a cursor that means nothing here (%s) by a reset, and brings the newest page",
    async (reason, since) => {
      const id = await say(url(), "Ana", `newest ${reason}`);
      const stream = await eventsOf(`?since=${since()}&limit=1`);
      await stream.has(`newest ${reason}`);
      expect(eventsIn(stream.text()).map(({ type, id }) => [type, id])).toEqual([
        ["reset", cursor(id - 1)],
        ["message", cursor(id)],
      ]);
      expect(eventsIn(stream.text())[0]?.data).toMatchObject({ messages: [], reset: { reason } });
      stream.leave();
    },
  );

  it("is understood by an EventSource, kinds and all, and by HTTP/1.0", async () => {
    const source = new EventSource(`${url()}/events?since=now`);
    const heard: string[] = [];
    for (const type of ["hello", "message", "score"])
      source.addEventListener(type, ({ data, lastEventId }) =>
        heard.push(`${type} ${lastEventId} ${JSON.parse(data).text ?? ""}`),
      );
    await until(() => heard.length === 1, "hello");
    const id = await say(url(), "Ana", "line\r\nbreak");
    await app().chat.send({ room: "lobby", kind: "score", text: "2:1" });
    await until(() => heard.length === 3, "both rows");
    source.close();
    expect(heard).toEqual([
      `hello ${cursor(id - 1)} `,
      `message ${cursor(id)} line\r\nbreak`,
      `score ${cursor(id + 1)} 2:1`,
    ]);
    const old = await openRaw(app().port);
    old.write(`GET /events?since=${id} HTTP/1.0\r\n\r\n`);
    await old.until(/\r\n\r\nretry: \d+\n\nevent: hello\n.*\n\nevent: score\nid: .*"text":"2:1"/s);
    expect(old.received()).not.toMatch(/chunked/i);
    old.reset();
    await nobodyWaits(benchOf(app()));
  });
});

describe("embedded under a path", () => {
  const host = embedded();
  it("brings the host's rows", async () => {
    const stream = await openStream(`${host().bench.url}/events?since=now`);
    await stream.has("event: hello");
    await host().chat.send({ room: "lobby", kind: "score", data: { home: 1 } });
    await stream.has("event: score\n");
    stream.leave();
    await nobodyWaits(host().bench);
  });
});
