/** A tail follows the log for a while after its last reader, who is back in moments, and then leaves nothing behind. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Tail } from "../../src/core/tail.js";
import { fakeTimers } from "../support/fake-timers.js";
import { MemoryLog } from "../support/memory-log.js";
import { enterAt } from "../support/recording-reader.js";
import { turn } from "../support/turn.js";

const LINGER_MS = 5000;

fakeTimers();

let log: MemoryLog;
let tail: Tail;
let newest: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  log = new MemoryLog();
  newest = vi.spyOn(log, "newest");
  tail = new Tail(log);
});

/** Somebody who comes, finds nothing and goes. */
async function visit(rooms: string | readonly string[] = "a", after = 0): Promise<void> {
  (await enterAt(tail, rooms, after)).place.leave();
}

/** Timers: one for the safety look while the log is followed, and one that lingers. */
const left = () => [tail.following !== null, log.listeners, vi.getTimerCount()];

describe("after its last reader", () => {
  it("a tail goes on following for five seconds, then has neither a listener nor a timer", async () => {
    await visit();
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(left()).toEqual([true, 1, 2]);
    vi.advanceTimersByTime(1);
    expect(left()).toEqual([false, 0, 0]);
    expect(tail.seen).toBe(0);
  });

  it("a tail goes on for as long as it is told to, and not at all for 0", async () => {
    tail = new Tail(log, { lingerMs: 100 });
    await visit();
    vi.advanceTimersByTime(99);
    expect(left()).toEqual([true, 1, 2]);
    vi.advanceTimersByTime(1);
    expect(left()).toEqual([false, 0, 0]);
    tail = new Tail(log, { lingerMs: 0 });
    await visit();
    expect(left()).toEqual([false, 0, 0]);
  });

  it("a tail does not hold the process", async () => {
    vi.useRealTimers();
    const unref = vi.fn();
    const set = vi.spyOn(globalThis, "setTimeout").mockReturnValue({ unref } as never);
    try {
      await visit();
      expect(set).toHaveBeenCalledTimes(1);
      expect(unref).toHaveBeenCalledTimes(1);
    } finally {
      set.mockRestore();
    }
  });

  it("a tail that somebody waits at when the time is over goes on, and lingers anew after that one", async () => {
    await visit();
    vi.advanceTimersByTime(LINGER_MS - 1);
    const { place, reader } = await enterAt(tail, "a");
    vi.advanceTimersByTime(2 * LINGER_MS);
    expect(left()).toEqual([true, 1, 1]);
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
    place.leave();
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(left()).toEqual([true, 1, 2]);
    vi.advanceTimersByTime(1);
    expect(left()).toEqual([false, 0, 0]);
  });
});

describe("a reader that comes meanwhile", () => {
  it("parks without asking for the end of the log, or for rows; what lands wakes it", async () => {
    await visit();
    const reads = log.reads.length;
    const { reader } = await enterAt(tail, "a");
    expect(log.reads).toHaveLength(reads);
    expect(newest).toHaveBeenCalledTimes(1);
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
  });

  it("gets what landed while nobody waited, without a read of its own", async () => {
    await visit();
    log.land("a");
    await turn();
    const { reader } = await enterAt(tail, "a");
    expect(reader.heard).toEqual(["rows 1"]);
    expect(log.reads).toEqual(["a", "all"]);
    expect(newest).toHaveBeenCalledTimes(1);
  });

  it("and misses nothing after: one that comes when the time is over asks for both, and gets what nobody heard of", async () => {
    await visit();
    vi.advanceTimersByTime(LINGER_MS);
    newest.mockClear();
    log.land("a");
    await turn();
    const { reader } = await enterAt(tail, "a");
    expect(reader.heard).toEqual(["rows 1"]);
    expect(log.reads).toEqual(["a", "a"]);
    expect(newest).toHaveBeenCalledTimes(1);
  });
});
