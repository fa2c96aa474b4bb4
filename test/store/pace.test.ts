/** Many large reads at once do not hold up a turn of the event loop; what is everybody's does not wait for them. */
import { expect, it } from "vitest";
import { turn } from "../support/turn.js";
import { open } from "./places.js";

const AT_ONCE = 40;

async function logOf(messages: number) {
  const { log } = await open();
  const author = { id: null, name: "Ana" };
  const drafts = Array.from({ length: messages }, () => ({ room: "lobby", author, text: "x".repeat(4000) }));
  await Promise.all(drafts.map((draft) => log.append(draft)));
  // A turn of its own, in which nothing has been read.
  await turn();
  return log;
}

it("of 40 MB that are asked for in one turn one is read in it, the rest in turns of their own and in order", async () => {
  const log = await logOf(300);
  const done: number[] = [];
  const reads = Array.from({ length: AT_ONCE }, async (_, n) => {
    const read = n % 2 === 0 ? log.before(["lobby"], 1e9, 500) : log.since(["lobby"], 0, 500);
    expect((await read).messages.length).toBeGreaterThan(200);
    done.push(n);
  });
  const ends: number[] = [];
  while (done.length < AT_ONCE) {
    await turn();
    ends.push(done.length);
  }
  await Promise.all(reads);
  const inOneTurn = ends.map((end, at) => end - (ends[at - 1] ?? 0));
  // What fits at once, and at the end of the same turn as much again.
  expect(inOneTurn[0]).toBeLessThanOrEqual(2);
  expect(Math.max(...inOneTurn.slice(1))).toBe(1);
  expect(done).toEqual(Array.from({ length: AT_ONCE }, (_, n) => n));
});

it("the tail's own read, and what an append returns, do not wait behind them", async () => {
  const log = await logOf(300);
  let done = 0;
  const reads = Array.from({ length: AT_ONCE }, () => log.since(["lobby"], 0, 500).then(() => (done += 1)));
  const { message } = await log.append({ room: "lobby", author: { id: null, name: "Bo" }, text: "now" });
  expect((await log.since("all", message.id - 1, 500)).messages).toEqual([message]);
  expect(done).toBeLessThan(AT_ONCE / 2);
  await Promise.all(reads);
});

it("negative twin: small reads are all done within the turn in which they are asked for", async () => {
  const log = await logOf(1);
  let done = 0;
  const reads = Array.from({ length: 500 }, () => log.since(["lobby"], 0, 500).then(() => (done += 1)));
  await turn();
  expect(done).toBe(500);
  await Promise.all(reads);
});
