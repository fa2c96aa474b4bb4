/** A connection that asks for much at once, without reading, is cut; whoever asks for as much as anybody does is answered. */
import { describe, expect, it } from "vitest";
import { embedded } from "../support/embedded.js";
import { call } from "../support/http-client.js";
import { answersIn } from "../support/raw-answers.js";
import { openRaw, rawGet } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const app = standalone();

it.each(["/history?room=lobby&limit=500", "/poll?limit=500", "/rooms/lobby", "/healthz"])(
  "of 1,000 requests for %s in one packet none is answered, and others are",
  async (path) => {
    const socket = await openRaw(app().port);
    socket.write(rawGet(path).repeat(1000));
    await socket.gone;
    expect(answersIn(socket.received()).length).toBeLessThanOrEqual(4);
    expect((await call(`${app().url}/healthz`)).status).toBe(200);
  },
);

it("negative twin: four are answered, in order, again and again", async () => {
  const socket = await openRaw(app().port);
  for (let round = 1; round <= 16; round++) {
    socket.write(rawGet("/history?room=lobby&limit=500").repeat(4));
    await until(() => answersIn(socket.received()).length === 4 * round, `round ${round}`);
  }
  expect(new Set(answersIn(socket.received()).map(({ status }) => status))).toEqual(new Set([200]));
  socket.end();
});

it("a poll with a cursor of another log is told so though a request is behind it: given back as ours it would skip rows", async () => {
  const socket = await openRaw(app().port);
  socket.write(rawGet("/poll?since=5-Other") + rawGet("/healthz"));
  await until(() => answersIn(socket.received()).length === 2, "both answers");
  expect(JSON.parse(answersIn(socket.received())[0]?.body ?? "{}")).toMatchObject({
    reset: { reason: "epoch" },
  });
  socket.end();
});

it("negative twin: 100 polls from a cursor are answered at once, the last is parked", async () => {
  const socket = await openRaw(app().port);
  socket.write(rawGet("/poll?since=0").repeat(100));
  await until(() => answersIn(socket.received()).length === 99, "99 answers");
  expect(app().chat.tail.parked).toBe(1);
  socket.reset();
});

describe("in a host's application", () => {
  const host = embedded();

  it("1,000 requests in one packet are cut, too, and the host's own are left alone", async () => {
    const port = Number(new URL(host().host).port);
    const socket = await openRaw(port);
    socket.write(rawGet("/chat/history?limit=500").repeat(1000));
    await socket.gone;
    expect(answersIn(socket.received()).length).toBeLessThanOrEqual(4);
    const own = await openRaw(port);
    own.write(rawGet("/basket").repeat(20));
    await until(() => answersIn(own.received()).length === 20, "the host's own answers");
    own.end();
  });
});
