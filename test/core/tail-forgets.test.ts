/** What is forgotten in time: a tail that nobody waits at any more, and rooms that nobody asks for. */
import { expect, it, vi } from "vitest";
import type { Message } from "../../src/core/message.js";
import { RecentRows } from "../../src/core/recent-rows.js";
import { Tail } from "../../src/core/tail.js";
import { fakeTimers } from "../support/fake-timers.js";
import { MemoryLog } from "../support/memory-log.js";
import { enterAt } from "../support/recording-reader.js";

fakeTimers();
it("a tail lingers for the whole time after the last reader has left", async () => {
  const log = new MemoryLog();
  const tail = new Tail(log);
  (await enterAt(tail, "a")).place.leave();
  vi.advanceTimersByTime(4000);
  (await enterAt(tail, "a")).place.leave();
  vi.advanceTimersByTime(1001);
  expect(tail.following).not.toBeNull();
});
it("a tail that is closed leaves no timer", async () => {
  const log = new MemoryLog();
  const tail = new Tail(log);
  await enterAt(tail, "a");
  tail.close();
  expect([log.listeners, vi.getTimerCount()]).toEqual([0, 0]);
});
it("nor does one that was lingering", async () => {
  const log = new MemoryLog();
  const tail = new Tail(log);
  (await enterAt(tail, "a")).place.leave();
  tail.close();
  expect([log.listeners, vi.getTimerCount()]).toEqual([0, 0]);
});
const LONG = "x".repeat(10_000);
const rows = Array.from(
  { length: 6 },
  (_, n) => ({ id: n + 1, room: "a", text: LONG, data: null, kind: "message" }) as unknown as Message,
);
it("a room that is asked the same again counts as asked", () => {
  const recent = new RecentRows();
  for (let r = 0; r < 68; r++) {
    recent.learn(`r${r}`, 0, { messages: rows, more: false });
    recent.since(`r${r}`, 0, 100);
  }
  recent.since("r0", 0, 100);
  recent.learn("r68", 0, { messages: rows, more: false });
  expect(recent.since("r0", 0, 100)).not.toBeNull();
});
it("rooms without rows are bounded, too", () => {
  const recent = new RecentRows();
  for (let r = 0; r < 200_000; r++) recent.learn(`r${r}`, 0, { messages: [], more: false });
  expect(recent.since("r0", 0, 100)).toBeNull();
});
