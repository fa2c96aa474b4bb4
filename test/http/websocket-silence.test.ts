/** Silence on a WebSocket: an empty batch with the cursor beside each ping, as browsers hide pings from scripts. */
import { expect, it } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { passTime } from "../support/pass-time.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();

fakeTimers();

it("after 15 s of silence, and not before, a frame says the cursor: the first, then that of the newest row", async () => {
  const from = await say(app().url, "Ana", "before");
  const reader = await openSocket(app().url, `?since=${from}`);
  let pings = 0;
  reader.socket.on("ping", () => pings++);
  const parked = () => until(() => app().chat.tail.parked === 1, "parked");
  await reader.has(1);
  await parked();
  await passTime(14_800);
  expect([reader.frames.length, pings]).toEqual([1, 0]);
  await passTime(200);
  await reader.has(2);
  const silence = (id: number) => ({
    messages: [],
    next: expect.stringMatching(`^${id}-`),
    more: false,
    retry: 0,
  });
  expect(reader.frames[1]).toEqual(silence(from));
  await until(() => pings === 1, "a ping");
  await parked();
  const id = await say(app().url, "Ana", "a row");
  await reader.has(3);
  await parked();
  await passTime(14_700);
  expect(reader.frames.length).toBe(3);
  await passTime(400);
  await reader.has(4);
  expect(reader.frames[3]).toEqual(silence(id));
  reader.socket.terminate();
  await nobodyWaits(benchOf(app()));
});

it("the frame of a reader that began with the newest page says what that said", async () => {
  const id = await say(app().url, "Ana", "the newest");
  const reader = await openSocket(app().url);
  await until(() => reader.texts().includes("the newest"), "the page");
  await until(() => app().chat.tail.parked === 1, "parked");
  await passTime(15_100);
  await reader.has(2);
  expect(reader.frames[1]).toMatchObject({ messages: [], next: expect.stringMatching(`^${id}-`) });
  expect(reader.frames[1].next).toBe(reader.frames[0].next);
  reader.socket.terminate();
  await nobodyWaits(benchOf(app()));
});
