/** Bodies, frames, answers and streams are as large and as long as the options say, and no more. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { fieldIn, problemIn } from "../support/html.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { passTime } from "../support/pass-time.js";
import { openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const BODY = 500;
const app = standalone({ limits: { bodyBytesMax: BODY, answerBytesMax: 1000, streamS: 7 } });
const unlimited = standalone({ limits: { bodyBytesMax: 0, answerBytesMax: 0 } });

afterEach(() => {
  vi.restoreAllMocks();
});

/** A send as JSON of exactly so many bytes. */
function jsonOf(bytes: number): string {
  const empty = JSON.stringify({ name: "Ana", text: "" });
  return JSON.stringify({ name: "Ana", text: "x".repeat(bytes - empty.length) });
}

const post = (body: string, url = app().url) =>
  call(`${url}/send`, {
    method: "POST",
    json: body,
    headers: body.startsWith("{") ? {} : { "Content-Type": "application/x-www-form-urlencoded" },
  });

describe("a body", () => {
  it.each([
    ["JSON", (bytes: number) => jsonOf(bytes)],
    // As many as it has once decoded, with a "=" and a "&" for each field.
    ["a form", (bytes: number) => `name=Ana&text=${"x".repeat(bytes - 15)}`],
  ])("of %s may have LIMIT_BODY_BYTES; one more is 413, which says how many", async (_type, bodyOf) => {
    expect((await post(bodyOf(BODY))).status).toBe(201);
    const refused = await post(bodyOf(BODY + 1));
    expect([refused.status, codeOf(refused)]).toEqual([413, "too_large"]);
    expect(refused.text).toContain("larger than 500 bytes");
  });

  it("of a page that is too large gets the page again, with its text", async () => {
    const text = "do not lose me ".repeat(40).trim();
    const page = await call(`${app().url}/send`, { form: { name: "Ana", text, page: "1" } });
    expect([page.status, fieldIn(page.text, "text")]).toEqual([413, text]);
    expect(problemIn(page.text)).toContain("500 bytes");
  });

  it("has no limit at 0", async () => {
    const refused = await post(jsonOf(100_000), unlimited().url);
    expect([refused.status, codeOf(refused)]).toEqual([400, "text_too_long"]);
  });
});

describe("a frame", () => {
  it("may have as many bytes; one more closes its connection with 1009, and no other", async () => {
    const [small, large] = [await openSocket(app().url), await openSocket(app().url)];
    small.socket.send(jsonOf(BODY));
    await until(() => small.frames.some(({ status }) => status === 201), "stored");
    large.socket.send(jsonOf(BODY + 1));
    expect((await large.closed).code).toBe(1009);
    small.socket.send(jsonOf(BODY - 1));
    await until(() => small.frames.filter(({ status }) => status === 201).length === 2, "stored, too");
    small.socket.terminate();
  });

  it("has no limit at 0", async () => {
    const reader = await openSocket(unlimited().url);
    reader.socket.send(jsonOf(100_000));
    await until(() => reader.frames.some(({ code }) => code === "text_too_long"), "read");
    reader.socket.terminate();
  });
});

describe("an answer", () => {
  it("has rows of about LIMIT_ANSWER_BYTES of text, at least one, and says that there are more", async () => {
    const { id } = await app().chat.send({ room: "lobby", text: "before" });
    for (const length of [400, 400, 400, 3000])
      await app().chat.send({ room: "lobby", text: "x".repeat(length) });
    const read = async (since: number) => pollBody(await call(`${app().url}/poll?since=${since}&wait=0`));
    const sizes = ({ messages }: { messages: readonly { text: string }[] }) =>
      messages.map(({ text }) => text.length);
    const [first, second] = [await read(id), await read(id + 2)];
    expect([sizes(first), first.more]).toEqual([[400, 400], true]);
    expect([sizes(second), second.more]).toEqual([[400], true]);
    const last = await read(id + 3);
    expect([sizes(last), last.more]).toEqual([[3000], false]);
  });

  it("has no limit of bytes at 0", async () => {
    const { id } = await unlimited().chat.send({ room: "lobby", text: "before" });
    const insert = unlimited().db.prepare(
      "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Big', ?)",
    );
    for (let i = 0; i < 3; i++) insert.run("x".repeat(1_000_000));
    const { messages, more } = pollBody(await call(`${unlimited().url}/poll?since=${id}&wait=0`));
    expect([messages.length, more]).toEqual([3, false]);
  });
});

describe("a stream", () => {
  fakeTimers();

  it.each(["/events", "/rooms/lobby/live"])(
    "of %s lives LIMIT_STREAM_SECONDS, and no longer",
    async (path) => {
      vi.spyOn(Math, "random").mockReturnValue(0);
      const stream = await openStream(`${app().url}${path}?since=now`);
      await until(() => benchOf(app()).parked() === 1, "parked");
      await passTime(6500);
      expect(stream.isOver()).toBe(false);
      await passTime(500);
      await stream.ended;
    },
  );
});
