/** /ws: the batches of a poll as frames, sends as frames, and a code that says why it was closed. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { makeRoom, say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();
const url = () => app().url;
const countOf = (text: string) =>
  app().db.prepare("SELECT count(*) FROM messages WHERE text = ?").pluck().get(text);

beforeAll(() => makeRoom(url(), "Maker", "yard", "The yard"));

describe("a reader", () => {
  it("gets a first frame at once, empty if need be, and then what a poll answers, byte for byte", async () => {
    const id = await say(url(), "Ana", "before");
    const reader = await openSocket(url(), "?since=now");
    await reader.has(1);
    expect(reader.raw[0]).toBe((await call(`${url()}/poll?since=${id}&wait=0`)).text);
    await say(url(), "Ana", "after");
    await reader.has(2);
    expect(reader.raw[1]).toBe((await call(`${url()}/poll?since=${id}`)).text);
    reader.socket.terminate();
    await nobodyWaits(benchOf(app()));
  });

  it("follows the rooms it names, and never another, in order and once", async () => {
    const both = await openSocket(url(), "?since=now&room=lobby&room=yard");
    const yard = await openSocket(url(), "?since=now&room=yard");
    for (let i = 0; i < 6; i++) await say(url(), "Ana", `row ${i}`, i % 2 ? "yard" : "lobby");
    await until(() => both.texts().length >= 6 && yard.texts().length >= 3, "all rows");
    expect(both.texts()).toEqual([0, 1, 2, 3, 4, 5].map((i) => `row ${i}`));
    expect(yard.texts()).toEqual([1, 3, 5].map((i) => `row ${i}`));
    for (const reader of [both, yard]) reader.socket.terminate();
  });

  it.each([
    ["ahead", "999999999"],
    ["epoch", "1-zzzz"],
  ])("with a cursor that means nothing here (%s) gets the reset and the newest page", async (_why, since) => {
    const reader = await openSocket(url(), `?since=${since}&limit=2`);
    await reader.has(1);
    expect(reader.raw[0]).toBe((await call(`${url()}/poll?since=${since}&limit=2`)).text);
    expect(reader.frames[0]).toMatchObject({ reset: { reason: _why } });
    expect(reader.texts()).toHaveLength(2);
    reader.socket.terminate();
  });
});

describe("a send", () => {
  it("is acknowledged in its order: 201, a repetition 200 with the first id, a problem with its nonce", async () => {
    const { socket, send, frames, has } = await openSocket(url(), "?since=now&room=yard");
    await has(1);
    const first = { name: "Bea", text: "one", nonce: "n1" };
    for (const frame of [
      first,
      first,
      { ...first, text: "another" },
      { name: "Bea", text: "", nonce: "n2" },
      { name: "Bea", text: "x".repeat(4001), nonce: "n3" },
      { name: "Bea", text: "hi", room: "nowhere" },
      { text: "hi" },
      { name: "Bea", text: "two" },
    ])
      send(frame);
    await has(9);
    const [stored, repeated, reused, empty, long, noRoom, noName, last] = frames.slice(1);
    expect(stored).toMatchObject({
      status: 201,
      room: "lobby",
      text: "one",
      nonce: "n1",
      from: { id: null, name: "Bea" },
    });
    expect(repeated).toEqual({ ...stored, status: 200 });
    expect(stored.next).toBe(`${stored.id}-${app().chat.store.log.epoch}`);
    expect(reused).toMatchObject({ status: 409, code: "nonce_reused", nonce: "n1" });
    expect(empty).toMatchObject({ type: "about:blank", status: 400, code: "text_empty", nonce: "n2" });
    expect(long).toMatchObject({ status: 400, code: "text_too_long", nonce: "n3" });
    expect(noRoom).toMatchObject({ status: 404, code: "no_room" });
    expect(noRoom).not.toHaveProperty("nonce");
    expect(noName).toMatchObject({ status: 400, code: "no_name" });
    expect(last).toMatchObject({ status: 201, text: "two" });
    expect(countOf("one")).toBe(1);
    socket.terminate();
  });

  it("in fragments is one message; many at once are stored all, in their order", async () => {
    const { socket, has, frames } = await openSocket(url(), "?since=now&room=yard");
    await has(1);
    const text = JSON.stringify({ name: "Bea", text: "in fragments" });
    for (let i = 0; i < text.length; i++) socket.send(text.slice(i, i + 1), { fin: i === text.length - 1 });
    await has(2);
    expect(frames[1]).toMatchObject({ status: 201, text: "in fragments" });
    for (let i = 0; i < 100; i++) socket.send(JSON.stringify({ name: "Bea", text: `many ${i}` }));
    await has(102);
    expect(frames.slice(2).map((frame) => frame.text)).toEqual(
      Array.from({ length: 100 }, (_, i) => `many ${i}`),
    );
    socket.terminate();
  });

  it.each(["{", "[]", "1", "null", '"text"', ""])(
    "that is no object of fields (%s) is a problem, and the connection stays",
    async (text) => {
      const { socket, send, has, frames } = await openSocket(url(), "?since=now&room=yard");
      await has(1);
      socket.send(text);
      send({ name: "Bea", text: "after the bad one" });
      await has(3);
      expect(frames[1]).toMatchObject({ status: 400, code: "bad_json" });
      expect(frames[2]).toMatchObject({ status: 201 });
      socket.terminate();
    },
  );

  it("counts as the session's own, and as nobody's once the session has ended", async () => {
    const ana = await signIn(url(), "Ana W");
    const reader = await openSocket(url(), "?since=now", {
      headers: { cookie: ana.cookie, "X-Parkbench-Token": ana.token },
    });
    await reader.has(1);
    reader.send({ text: "as Ana", as: ana.user.id });
    await until(() => reader.frames.some(({ status }) => status === 201), "acknowledged");
    expect(reader.frames.find(({ status }) => status)).toMatchObject({ from: ana.user });
    await call(`${url()}/session/end`, { form: { token: ana.token }, headers: { cookie: ana.cookie } });
    reader.send({ text: "after the sign-out", as: ana.user.id });
    expect(await reader.closed).toMatchObject({ code: 4001 });
    expect(countOf("after the sign-out")).toBe(0);
    expect(countOf("as Ana")).toBe(1);
  });

  it("that is being stored when its session ends is acknowledged; what waits behind it is not stored", async () => {
    const { user, token, cookie } = await signIn(url(), "Ana H");
    const reader = await openSocket(url(), "?since=now", { headers: { cookie, "X-Parkbench-Token": token } });
    await reader.has(1);
    await until(() => app().chat.tail.parked === 1, "parked");
    const { log } = app().chat.store;
    const append = log.append.bind(log);
    const gate = new Gate();
    const appending = vi.spyOn(log, "append").mockImplementationOnce(async (draft) => {
      await gate.pass();
      return append(draft);
    });
    reader.send({ text: "held", as: user.id });
    reader.send({ text: "behind the held one", as: user.id });
    await until(() => appending.mock.calls.length === 1, "held");
    await call(`${url()}/session/end`, { form: { token }, headers: { cookie } });
    await nobodyWaits(benchOf(app()));
    gate.open();
    expect((await reader.closed).code).toBe(4001);
    expect(reader.frames.at(-1)).toMatchObject({ status: 201, text: "held" });
    expect(countOf("behind the held one")).toBe(0);
    vi.restoreAllMocks();
  });
});
