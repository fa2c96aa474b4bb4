/** `next` gives one batch as a promise, `follow` all of them, and neither leaves anything behind. */
import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import type { Batch } from "../../src/core/log.js";
import { fakeTimers } from "../support/fake-timers.js";
import { log, tail } from "../support/tail-bench.js";
import { turn } from "../support/turn.js";

const EMPTY = { messages: [], more: false };
const FOR_EVER = { waitMs: Number.POSITIVE_INFINITY };

fakeTimers();

const ids = ({ messages }: Batch) => messages.map(({ id }) => id);

/** Follows rooms in the background; `ids` grows, `ended` resolves when the loop is over. */
function follow(rooms: readonly string[], after: number, options: { limit?: number; signal?: AbortSignal }) {
  const got: number[] = [];
  const ended = (async () => {
    for await (const batch of tail.follow(rooms, after, options)) got.push(...ids(batch));
  })();
  return { ids: got, ended };
}

describe("next", () => {
  it("gives the rows that are there, or those that land", async () => {
    log.table.insert({ room: "a" });
    expect(ids(await tail.next(["a"], 0, FOR_EVER))).toEqual([1]);
    const next = tail.next(["a"], 1, FOR_EVER);
    await turn();
    log.land("b");
    log.land("a");
    expect(ids(await next)).toEqual([3]);
  });

  it("gives 100 rows at most, if no limit is said", async () => {
    for (let n = 0; n < 101; n++) log.table.insert({ room: "a" });
    const batch = await tail.next(["a"], 0, FOR_EVER);
    expect([batch.messages.length, batch.more]).toEqual([100, true]);
  });

  it("is empty when the signal aborts, had aborted before, or the tail has closed", async () => {
    const abort = new AbortController();
    const next = tail.next(["a"], 0, { ...FOR_EVER, signal: abort.signal });
    await turn();
    expect(tail.parked).toBe(1);
    abort.abort();
    expect(await next).toEqual(EMPTY);
    expect(tail.parked).toBe(0);
    log.table.insert({ room: "a" });
    expect(await tail.next(["a"], 0, { ...FOR_EVER, signal: abort.signal })).toEqual(EMPTY);
    tail.close();
    expect(await tail.next(["a"], 0, FOR_EVER)).toEqual(EMPTY);
    expect(log.reads).toEqual(["a"]);
  });

  it("rejects when its read fails, and leaves nothing behind", async () => {
    const { signal } = new AbortController();
    log.failNext(2);
    const refused = { code: "storage_busy" };
    await expect(tail.next(["a"], 0, { ...FOR_EVER, signal })).rejects.toMatchObject(refused);
    expect([tail.parked, log.listeners, getEventListeners(signal, "abort").length]).toEqual([0, 0, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("holds the process by one timer while it waits, beside the safety look's, and by none afterwards", async () => {
    const abort = new AbortController();
    const ends = [() => void log.land("a"), () => abort.abort(), () => tail.close()];
    for (const [after, end] of ends.entries()) {
      const next = tail.next(["a"], after, after === 1 ? { ...FOR_EVER, signal: abort.signal } : FOR_EVER);
      expect(vi.getTimerCount()).toBe(2);
      end();
      await next;
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, undefined, null, "1"])(
    "after %s is refused: nothing would ever come",
    async (after) => {
      const next = tail.next(["a"], after as number, FOR_EVER);
      await expect(next).rejects.toThrow(
        new TypeError("The cursor must be a message's id, or 0 for all there are"),
      );
      expect([tail.parked, vi.getTimerCount()]).toEqual([0, 0]);
    },
  );

  it.each([[[]], ["a"], [undefined], [[5]], [["a", undefined]], [new Array(1)], [{ 0: "a", length: 1 }]])(
    "in rooms %j is refused, by follow as well",
    async (rooms) => {
      const refusal = new TypeError("The rooms must be an array of at least one name");
      await expect(tail.next(rooms as string[], 0, FOR_EVER)).rejects.toThrow(refusal);
      await expect(follow(rooms as string[], 0, {}).ended).rejects.toThrow(refusal);
      expect([tail.parked, vi.getTimerCount()]).toEqual([0, 0]);
    },
  );

  it("leaves no listener on the signal, however it ends", async () => {
    const { signal } = new AbortController();
    const next = tail.next(["a"], 0, { ...FOR_EVER, signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    log.land("a");
    await next;
    const closed = tail.next(["a"], 1, { ...FOR_EVER, signal });
    tail.close();
    await closed;
    await tail.next(["a"], 1, { ...FOR_EVER, signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("follow", () => {
  it("gives every row of its rooms once, in order, those that are there and those that land", async () => {
    const abort = new AbortController();
    for (const room of ["a", "b", "c", "a"]) log.table.insert({ room });
    const followed = follow(["a", "b"], 1, { limit: 1, signal: abort.signal });
    await turn();
    for (const room of ["a", "c", "b", "b"]) {
      log.land(room);
      await turn();
      await turn();
    }
    expect(followed.ids).toEqual([2, 4, 5, 7, 8]);
    abort.abort();
    await followed.ended;
  });

  it("stops when the signal aborts: no row after that, and nobody is parked", async () => {
    const abort = new AbortController();
    const followed = follow(["a"], 0, { signal: abort.signal });
    log.land("a");
    await turn();
    abort.abort();
    log.land("a");
    await followed.ended;
    expect(followed.ids).toEqual([1]);
    expect([tail.parked, log.listeners]).toEqual([0, 0]);
  });

  it("stops when the tail closes", async () => {
    const followed = follow(["a"], 0, {});
    log.land("a");
    await turn();
    tail.close();
    await followed.ended;
    expect(followed.ids).toEqual([1]);
    expect([tail.parked, log.listeners]).toEqual([0, 0]);
  });

  it("ends with the error when a read of its own fails", async () => {
    log.failNext(1);
    await expect(follow(["a"], 0, {}).ended).rejects.toMatchObject({ code: "storage_busy" });
    expect(tail.parked).toBe(0);
  });

  it("does not take a room with a space in its name for two rooms", async () => {
    const abort = new AbortController();
    const followed = [["a b"], ["a", "b"]].map((rooms) => follow(rooms, 0, { signal: abort.signal }));
    await turn();
    for (const room of ["a b", "a"]) log.table.insert({ room });
    log.table.ring();
    await expect.poll(() => followed.map(({ ids }) => ids)).toEqual([[1], [2]]);
    abort.abort();
    await Promise.all(followed.map(({ ended }) => ended));
  });

  it("lets other work in between while it catches up with a long log", async () => {
    for (let n = 0; n < 50; n++) log.table.insert({ room: "a" });
    const abort = new AbortController();
    const followed = follow(["a"], 0, { limit: 5, signal: abort.signal });
    for (let n = 0; n < 9; n++) {
      await turn();
      expect(followed.ids.length).toBeLessThan(50);
    }
    await expect.poll(() => followed.ids.length).toBe(50);
    abort.abort();
    await followed.ended;
  });
});
