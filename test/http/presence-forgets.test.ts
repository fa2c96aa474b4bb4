/** Whoever has been answered is held by nothing that a ban looks through. */
import { queryObjects } from "node:v8";
import { expect, it } from "vitest";
import { ParkedPoll } from "../../src/http/parked-poll.js";
import { standalone } from "../support/standalone.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";

const POLLS = 20;
const app = standalone();

it("forgets polls that were answered, and knows those that wait", async () => {
  for (const ends of [true, false]) {
    const polls = [];
    for (let n = 0; n < POLLS; n++) polls.push(await park(benchOf(app()), "/poll?since=now"));
    expect(queryObjects(ParkedPoll)).toBeGreaterThanOrEqual(POLLS);
    if (ends) await app().chat.send({ room: "lobby", text: "answered" });
    else for (const { leave } of polls) leave();
    await nobodyWaits(benchOf(app()));
    await Promise.allSettled(polls.map(({ answer }) => answer));
    expect(queryObjects(ParkedPoll)).toBeLessThan(POLLS / 2);
  }
});
