/** A cursor below what is kept: on every way of reading it gets `reset` with reason `gap` and the newest page. */
import { describe, expect, it, vi } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { call, pollBody } from "../support/http-client.js";
import { answersOf, bodyOf } from "../support/raw-answers.js";
import { openRaw, rawGet } from "../support/raw-socket.js";
import { eventsIn, openStream } from "../support/sse-reader.js";
import { countOf, standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();
const url = () => app().url;
const epoch = () => app().chat.store.log.epoch;
let rooms = 0;

/** A room of its own with five messages, of which the first two have been removed. */
async function prunedRoom() {
  const room = `room-${++rooms}`;
  await makeRoom(url(), `Maker-${rooms}`, room, "A room");
  const ids: number[] = [];
  for (let n = 1; n <= 5; n++) ids.push(await say(url(), "Ana", `text ${n}`, room));
  await prune(room, ids[1] ?? 0);
  const [first = 0, upto = 0, , , last = 0] = ids;
  return { room, first, upto, last, kept: ["text 3", "text 4", "text 5"] };
}

const prune = (room: string, upto: number) => app().chat.store.retention.pruneRoom(room, upto);
const texts = (messages: readonly { readonly text: string }[]) => messages.map(({ text }) => text);
const gap = { reason: "gap" };

describe("a poll", () => {
  it.each(["wait=25", "wait=0", "wait=25&echo=0"])("from below what is kept, with %s", async (how) => {
    const { room, first, last, kept } = await prunedRoom();
    const body = pollBody(await call(`${url()}/poll?since=${first}-${epoch()}&room=${room}&${how}`));
    expect([texts(body.messages), body.next, body.reset]).toEqual([kept, `${last}-${epoch()}`, gap]);
  });

  it.each(["wait=25", "wait=0"])(
    "negative twin: from exactly the last that was removed, with %s",
    async (how) => {
      const { room, upto, kept } = await prunedRoom();
      const body = pollBody(await call(`${url()}/poll?since=${upto}-${epoch()}&room=${room}&${how}`));
      expect([texts(body.messages), body.reset]).toEqual([kept, undefined]);
    },
  );

  it("negative twin: in another room", async () => {
    const { room, last } = await prunedRoom();
    const other = (await prunedRoom()).room;
    const waiting = await park(benchOf(app()), `/poll?since=${last}&room=${room}`);
    waiting.leave();
    await nobodyWaits(benchOf(app()));
    const both = pollBody(await call(`${url()}/poll?since=${last}&room=${room}&room=${other}`));
    expect(both.reset).toEqual(gap);
  });

  it("of several rooms is told once: the cursor that it gets is behind all gaps", async () => {
    const one = await prunedRoom();
    const other = await prunedRoom();
    await prune(other.room, other.last);
    const query = `room=${one.room}&room=${other.room}`;
    const body = pollBody(await call(`${url()}/poll?since=${one.last}&${query}`));
    expect([texts(body.messages), body.reset]).toEqual([one.kept, gap]);
    const waiting = await park(benchOf(app()), `/poll?since=${body.next}&${query}`);
    waiting.leave();
  });

  it("that was parked at the end while everything was removed is not told, now or when it comes back", async () => {
    const { room, last } = await prunedRoom();
    const waiting = await park(benchOf(app()), `/poll?since=${last}&room=${room}`);
    await prune(room, last);
    await say(url(), "Ana", "after", room);
    const body = await waiting.body;
    expect([texts(body.messages), body.reset]).toEqual([["after"], undefined]);
    const again = pollBody(await call(`${url()}/poll?since=${last}&room=${room}`));
    expect([texts(again.messages), again.reset]).toEqual([["after"], undefined]);
  });

  it("on a connection that brings the next request meanwhile is answered once, and first", async () => {
    const { room, first, last } = await prunedRoom();
    const page = vi.spyOn(app().chat.store.log, "before").mockReturnValueOnce(new Promise(() => {}));
    const socket = await openRaw(app().port);
    socket.write(rawGet(`/poll?since=${first}&room=${room}`));
    await until(() => page.mock.calls.length > 0, "the page being read");
    socket.write(rawGet(`/poll?since=${last}&room=${room}&wait=0`));
    const [one, two, ...more] = await answersOf(socket, 2);
    // Answers come in the order of requests: the first poll is released, and told the next time.
    const released = { messages: [], next: `${first}-${epoch()}`, retry: expect.any(Number) };
    expect(bodyOf(one)).toEqual({ ...released, more: false });
    expect([bodyOf(two).next, more]).toEqual([`${last}-${epoch()}`, []]);
    socket.end();
  });

  it("whose newest page cannot be read gets the problem, and keeps its cursor", async () => {
    const { room, first } = await prunedRoom();
    vi.spyOn(app().chat.store.log, "before").mockRejectedValueOnce(new Error("no"));
    expect((await call(`${url()}/poll?since=${first}&room=${room}`)).status).toBe(500);
  });

  it("at the end of its room costs no read of the log, as ever", async () => {
    const { room, last } = await prunedRoom();
    const polls = [await park(benchOf(app()), `/poll?since=${last}&room=${room}`)];
    const since = vi.spyOn(app().chat.store.log, "since");
    for (let n = 0; n < 3; n++) polls.push(await park(benchOf(app()), `/poll?since=${last}&room=${room}`));
    const stream = await openStream(`${url()}/events?since=${last}&room=${room}`);
    await stream.has("hello");
    stream.leave();
    expect(since).not.toHaveBeenCalled();
    since.mockRestore();
    for (const poll of polls) poll.leave();
  });
});

describe("other ways", () => {
  it("server-sent events", async () => {
    const { room, first, upto, kept } = await prunedRoom();
    const stream = await openStream(`${url()}/events?since=${first}&room=${room}`);
    await stream.has("text 5");
    const [head, ...rows] = eventsIn(stream.text());
    expect(head).toMatchObject({ type: "reset", data: { reset: gap } });
    expect(rows.map(({ data }) => data.text)).toEqual(kept);
    stream.leave();
    const twin = await openStream(`${url()}/events?room=${room}`, { "Last-Event-ID": `${upto}-${epoch()}` });
    await twin.has("text 5");
    expect(eventsIn(twin.text()).map(({ type }) => type)).toEqual(["hello", "message", "message", "message"]);
    twin.leave();
  });

  it("a stream whose next rows go before it reads them ends, and is told when it comes back", async () => {
    const { room, upto, last } = await prunedRoom();
    const { log } = app().chat.store;
    const since = log.since.bind(log);
    vi.spyOn(log, "since").mockImplementationOnce(async (...asked) => {
      const batch = await since(...asked);
      await prune(room, last);
      return batch;
    });
    const stream = await openStream(`${url()}/events?since=${upto}&room=${room}`);
    expect(await stream.ended).toContain("come back at once");
    const again = await openStream(`${url()}/events?since=${upto}&room=${room}`);
    await again.has("event: reset");
    again.leave();
  });

  it("WebSocket", async () => {
    const { room, first, upto, kept } = await prunedRoom();
    const reader = await openSocket(url(), `?since=${first}&room=${room}`);
    await reader.has(1);
    expect([texts(reader.frames[0].messages), reader.frames[0].reset]).toEqual([kept, gap]);
    reader.socket.close();
    const twin = await openSocket(url(), `?since=${upto}&room=${room}`);
    await twin.has(2);
    expect([twin.texts(), twin.frames.find(({ reset }) => reset)]).toEqual([kept, undefined]);
    twin.socket.close();
  });

  it("the endless page and the waiting page say that some are not kept", async () => {
    const { room, first, upto } = await prunedRoom();
    const live = await openStream(`${url()}/rooms/${room}/live?since=${first}`);
    await live.has("text 5");
    expect(live.text()).toContain("are not kept any more");
    live.leave();
    const wait = await call(`${url()}/rooms/${room}/wait?since=${first}`);
    expect(wait.text).toContain("are not kept any more");
    expect(wait.text).toContain("<b>3 new messages.</b>");
    const twins = [await openStream(`${url()}/rooms/${room}/live?since=${upto}`)];
    await twins[0]?.has("text 5");
    const texts = [twins[0]?.text() ?? "", (await call(`${url()}/rooms/${room}/wait?since=${upto}`)).text];
    for (const text of texts) {
      expect(text).toContain("text 5");
      expect(text).not.toContain("not kept");
    }
    twins[0]?.leave();
  });

  it("history ends where what is kept begins, and a page's way to older messages with it", async () => {
    const { room, kept } = await prunedRoom();
    const answer = await call(`${url()}/history?room=${room}`);
    const { messages, more } = pollBody(answer);
    expect([texts(messages), more]).toEqual([kept, false]);
  });
});

it("a chat with keepMessages removes what is too much after a minute, and tells who was away", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const own = await startStandalone({ keepMessages: 3 });
  const first = await say(own.url, "Ana", "one");
  for (const text of ["two", "three", "four", "five"]) await say(own.url, "Ana", text);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(pollBody(await call(`${own.url}/poll?since=${first}`)).messages).toHaveLength(4);
  await vi.advanceTimersByTimeAsync(60_000);
  await until(() => countOf(own, "messages") === 3, "the surplus gone");
  const body = pollBody(await call(`${own.url}/poll?since=${first}`));
  expect([texts(body.messages), body.reset]).toEqual([["three", "four", "five"], gap]);
  await own.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
