/** 50,000 readers in one process: each is answered once, and other work gets in between. */
import { expect, it } from "vitest";
import type { Batch } from "../../src/core/log.js";
import { Tail, type TailOptions } from "../../src/core/tail.js";
import { MemoryLog } from "../support/memory-log.js";
import { turn } from "../support/turn.js";

const READERS = 50_000;
const SLICE = 256;

/** Parks a crowd in one room and one reader in another; counts who has been answered, and how often. */
async function crowd(readers: number, options: TailOptions = {}) {
  const log = new MemoryLog();
  const tail = new Tail(log, options);
  const timesAnswered = new Uint8Array(readers);
  const batches = new Set<Batch>();
  let answered = 0;
  const enter = (n: number) =>
    tail.enter(
      {
        rooms: ["a"],
        after: 0,
        limit: 100,
        wake: (batch) => {
          timesAnswered[n] = (timesAnswered[n] ?? 0) + 1;
          batches.add(batch);
          answered++;
        },
        fail: (error) => {
          throw error;
        },
      },
      25_000 + (n % 5_000),
    );
  const abort = new AbortController();
  const elsewhere = tail.next(["b"], 0, { waitMs: Number.POSITIVE_INFINITY, signal: abort.signal });
  for (let n = 0; n < readers; n++) enter(n);
  await expect.poll(() => log.reads.length).toBe(readers + 1);
  return { log, tail, timesAnswered, batches, elsewhere, abort, answered: () => answered };
}

it("wakes 50,000 readers in slices of 256, each exactly once with one shared batch", async () => {
  const { log, tail, timesAnswered, batches, elsewhere, abort, answered } = await crowd(READERS);
  const perTurn: number[] = [];
  log.land("a");
  for (let before = 0; answered() < READERS; before = answered()) {
    await turn();
    perTurn.push(answered() - before);
  }
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(SLICE);
  expect(perTurn.length).toBeGreaterThanOrEqual(Math.floor(READERS / SLICE));
  expect(timesAnswered.every((times) => times === 1)).toBe(true);
  expect(batches.size).toBe(1);
  expect(log.reads.filter((rooms) => rooms === "all")).toHaveLength(1);
  // The one in the other room is still there, and the crowd has taken its timers and places with it.
  expect(tail.parked).toBe(1);
  abort.abort();
  expect((await elsewhere).messages).toEqual([]);
  expect(log.listeners).toBe(0);
});

it("would not let anything in between if a slice were the whole crowd", async () => {
  const { log, abort, answered } = await crowd(1000, { sliceReaders: 1000 });
  log.land("a");
  await turn();
  expect(answered()).toBe(1000);
  abort.abort();
});
