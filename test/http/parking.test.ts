/** One connection waits for one thing: a newer reader on it releases the older, whatever the two are. */
import { afterEach, describe, expect, it } from "vitest";
import { embedded } from "../support/embedded.js";
import type { PollBody } from "../support/http-client.js";
import { answersIn } from "../support/raw-answers.js";
import { openRaw, type RawSocket } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { nobodyWaits } from "../support/waiting.js";

const alone = standalone();
const host = embedded();

/** A chat, and how it is asked over a bare connection. */
interface Server {
  readonly port: () => number;
  readonly path: string;
  readonly chat: () => { send(draft: { room: string; text: string }): Promise<{ readonly id: number }> };
  readonly parked: () => number;
}

const SERVERS: readonly (readonly [string, Server])[] = [
  [
    "the standalone server",
    { port: () => alone().port, path: "", chat: () => alone().chat, parked: () => alone().chat.tail.parked },
  ],
  [
    "a host",
    {
      port: () => Number(new URL(host().host).port),
      path: "/chat",
      chat: () => host().chat,
      parked: () => host().bench.parked(),
    },
  ],
];

describe.each(SERVERS)("on a connection to %s", (_name, { port, path, chat, parked }) => {
  let socket: RawSocket;

  afterEach(async () => {
    socket.reset();
    await nobodyWaits({ parked });
  });

  const ask = (address: string) =>
    socket.write(`GET ${path}${address} HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n\r\n`);
  const bodies = () => answersIn(socket.received()).map(({ body }) => JSON.parse(body) as PollBody);
  const say = (text: string) => chat().send({ room: "lobby", text });
  const waits = (count: number) =>
    until(
      () => parked() === count,
      () => `${count} parked; ${parked()} are: ${socket.received()}`,
    );

  it("a newer poll releases the older, which is answered first, empty and with its cursor", async () => {
    const { id } = await say("before");
    socket = await openRaw(port());
    ask(`/poll?since=${id}`);
    await waits(1);
    ask(`/poll?since=${id}&limit=1`);
    await until(() => bodies().length === 1, "the first answer");
    expect(bodies()[0]).toMatchObject({
      messages: [],
      retry: 1000,
      next: expect.stringMatching(`^${id}-`),
    });
    await waits(1);
    await say("for the newer one");
    await until(() => bodies().length === 2, "the second answer");
    expect(bodies()[1]?.messages.map(({ text }) => text)).toEqual(["for the newer one"]);
    await waits(0);
  });

  it("a newer poll releases the older, also where one is from the end of the log", async () => {
    socket = await openRaw(port());
    ask("/poll?since=now");
    await waits(1);
    ask("/poll?since=now");
    await until(() => bodies().length === 1, "the first answer");
    await waits(1);
    await say("for the newer one");
    await until(() => bodies().length === 2, "the second answer");
    expect(bodies().map(({ messages }) => messages.length)).toEqual([0, 1]);
  });

  it("a poll releases a stream: that ends with a time to come back at, and the poll's answer follows", async () => {
    const { id } = await say("before");
    socket = await openRaw(port());
    ask(`/events?since=${id}`);
    await socket.until(/event: hello/);
    await waits(1);
    ask(`/poll?since=${id}`);
    await socket.until(/\nretry: \d{4,5}\n\n\r\n0\r\n\r\n$/);
    await waits(1);
    await say("for the poll");
    await socket.until(/0\r\n\r\nHTTP\/1.1 200 OK\r\n.*"text":"for the poll"/s);
    expect(socket.received().match(/for the poll/g)).toHaveLength(1);
  });

  it("a stream releases a poll", async () => {
    const { id } = await say("before");
    socket = await openRaw(port());
    ask(`/poll?since=${id}`);
    await waits(1);
    ask(`/events?since=${id}`);
    await socket.until(/event: hello/);
    expect(socket.received()).toMatch(/^HTTP.*"messages":\[\],[^}]*"retry":1000\}HTTP.*event: hello/s);
    await waits(1);
    await say("for the stream");
    await socket.until(/for the stream/);
  });

  it("a reader that was answered before is not asked to make way: the next one parks as if it were the first", async () => {
    const { id } = await say("before");
    socket = await openRaw(port());
    for (const count of [1, 2, 3]) {
      ask(`/poll?since=${id + count - 1}`);
      await waits(1);
      await say(`number ${count}`);
      await until(() => bodies().length === count, "an answer");
    }
    expect(bodies().flatMap(({ messages }) => messages.map(({ text }) => text))).toEqual([
      "number 1",
      "number 2",
      "number 3",
    ]);
  });

  it("two connections leave one another alone", async () => {
    const { id } = await say("before");
    const other = await openRaw(port());
    socket = other;
    ask(`/poll?since=${id}`);
    await waits(1);
    socket = await openRaw(port());
    ask(`/poll?since=${id}`);
    await waits(2);
    expect(other.received()).toBe("");
    await say("for both");
    await other.until(/for both/);
    await socket.until(/for both/);
    other.reset();
  });
});
