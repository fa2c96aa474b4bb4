/** Where the bell says nothing of a row, a parked poll has it within a second or so, and a lost wake-up is counted. */
import { expect, it, onTestFinished, vi } from "vitest";
import { say } from "../support/guest.js";
import { startStandalone } from "../support/standalone.js";
import { benchOf, park } from "../support/waiting.js";

it.each([
  ["mute", 1],
  ["ringing", 0],
])("a bell that is %s: %i lost", async (bell, lost) => {
  const app = await startStandalone();
  onTestFinished(() => app.close());
  if (bell === "mute") vi.spyOn(app.chat.store.log, "onChange").mockReturnValue(() => {});
  const poll = await park(benchOf(app), "/poll?since=now");
  const sentAt = performance.now();
  await say(app.url, "Ana", "heard or not");
  expect((await poll.body).messages.map(({ text }) => text)).toEqual(["heard or not"]);
  // A second of its own, and what a busy machine adds; the poll itself would have waited for twenty.
  expect(performance.now() - sentAt).toBeLessThan(5000);
  expect(app.chat.stats()).toMatchObject({ lostWakeUps: lost, wakes: { count: 1 - lost } });
});
