/** How often the tail asks the log, what a failing read does, and what rings are worth. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Tail } from "../../src/core/tail.js";
import { fakeTimers } from "../support/fake-timers.js";
import { MemoryLog } from "../support/memory-log.js";
import { RecordingReader } from "../support/recording-reader.js";
import { turn } from "../support/turn.js";

const FOR_EVER = Number.POSITIVE_INFINITY;

fakeTimers();

let log: MemoryLog;
let tail: Tail;

beforeEach(() => {
  log = new MemoryLog();
  tail = new Tail(log);
});

async function enter(rooms: string | readonly string[], after = 0, waitMs = FOR_EVER) {
  const reader = new RecordingReader(rooms, after);
  const place = tail.enter(reader, waitMs);
  await turn();
  return { reader, place };
}

/** The reads that `job` causes. */
async function readsOf(job: () => unknown): Promise<readonly string[]> {
  const before = log.reads.length;
  await job();
  await turn();
  return log.reads.slice(before);
}

describe("reads", () => {
  it("one ring is one read, however many readers and rooms wait", async () => {
    const rooms = Array.from({ length: 40 }, (_, n) => `r${n % 20}`);
    const entered = [];
    for (const room of rooms) entered.push(await enter(room));
    expect(await readsOf(() => log.land("r3"))).toEqual(["all"]);
    expect(await readsOf(() => log.land("nowhere"))).toEqual(["all"]);
    expect(entered.filter(({ reader }) => reader.heard.length > 0)).toHaveLength(2);
  });

  it("rings during a read make one more read, and no row is passed over", async () => {
    const { reader } = await enter("a");
    await enter("b");
    log.steps.isHolding = true;
    const reads = await readsOf(async () => {
      log.land("b");
      log.steps.release("ring");
      log.steps.release("look all");
      for (let n = 0; n < 5; n++) log.land("a");
      log.steps.releaseAll();
    });
    expect(reads).toEqual(["all", "all"]);
    expect(reader.heard).toEqual(["rows 2 3 4 5 6"]);
  });

  it("more rows than one read holds are read on, with other work in between, and not one more", async () => {
    const other = await enter("a");
    const last = tail.next(["b"], 0, { waitMs: FOR_EVER });
    await turn();
    for (let n = 0; n < 1200; n++) log.table.insert({ room: n === 1199 ? "b" : "c" });
    const seen = new Set<number>();
    const look = () => {
      seen.add(tail.seen);
      if (tail.seen < 1200) setImmediate(look);
    };
    setImmediate(look);
    expect(await readsOf(async () => [log.ring(), await last])).toEqual(["all", "all", "all"]);
    expect((await last).messages.map(({ id }) => id)).toEqual([1200]);
    expect([...seen]).toEqual(expect.arrayContaining([500, 1000]));
    expect(other.reader.heard).toEqual([]);
  });

  it("a reader at its room's newest known id parks without one; anybody else reads", async () => {
    await enter("a");
    log.land("a");
    log.land("b");
    await turn();
    await enter("a", 1);
    expect(await readsOf(() => enter("a", 1))).toEqual([]);
    expect(await readsOf(() => enter("a", 2))).toEqual([]);
    expect(await readsOf(() => enter("a", 0))).toEqual(["a"]);
    expect(await readsOf(() => enter("b", 2))).toEqual(["b"]);
    expect(await readsOf(() => enter(["a", "b"], 2))).toEqual([]);
    expect(await readsOf(() => enter(["a", "c"], 2))).toEqual(["a,c"]);
  });

  it("a reader that parked without one is woken like the others", async () => {
    await enter("a");
    const { reader } = await enter("a");
    expect(log.reads).toEqual(["a"]);
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
  });

  it("what is known of a room stays known while anybody waits anywhere, for ten thousand rooms", async () => {
    await enter("a");
    const visit = async (room: string) => {
      const reads = await readsOf(async () => (await enter(room)).place.leave());
      return reads.length;
    };
    expect(await visit("r0")).toBe(1);
    expect(await visit("r0")).toBe(0);
    for (let n = 1; n < 10_010; n++) {
      tail.enter(new RecordingReader(`r${n}`, 0), FOR_EVER).leave();
    }
    expect(await visit("r0")).toBe(0);
    expect(await visit("r10009")).toBe(1);
    expect(await visit("r10009")).toBe(1);
    log.land("r0");
    await turn();
    expect(await visit("r0")).toBe(1);
  });
});

describe("a read that fails", () => {
  it("after a ring leaves everybody parked, and is made again", async () => {
    const { reader } = await enter("a");
    log.failNext(2);
    log.land("a");
    await turn();
    vi.advanceTimersByTime(1000);
    await turn();
    expect(reader).toMatchObject({ heard: [], failures: [] });
    vi.advanceTimersByTime(1000);
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("after a ring is made again by the next ring, if that comes first", async () => {
    const { reader } = await enter("a");
    log.failNext(1);
    log.land("a");
    await turn();
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1 2"]);
  });

  it("is not made again when the last reader has gone meanwhile", async () => {
    const { place } = await enter("a");
    log.failNext(1);
    log.land("a");
    await turn();
    place.leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("as a reader's first one is told to that reader alone, once", async () => {
    const parked = await enter("a");
    log.failNext(1);
    const { reader } = await enter("b", 0, 1000);
    vi.advanceTimersByTime(2000);
    log.land("b");
    await turn();
    expect(reader.answers).toEqual([]);
    expect(reader.failures).toEqual([expect.objectContaining({ code: "storage_busy" })]);
    expect(parked.reader).toMatchObject({ heard: [], failures: [] });
    expect(tail.parked).toBe(1);
  });

  it("for the end of the log is told to all who wait for it, and the next reader starts anew", async () => {
    log.steps.isHolding = true;
    const waiting = [await enter("a", 0, 1000), await enter("b")];
    log.failNext(1);
    log.steps.releaseAll();
    await turn();
    for (const { reader } of waiting) expect(reader).toMatchObject({ answers: [], failures: [{}] });
    expect([tail.parked, log.listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
    const { reader } = await enter("a");
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
  });

  it("for the end of the log does not deafen a reader that enters while the others are told", async () => {
    log.steps.isHolding = true;
    const again = new RecordingReader("a", 0);
    const first = new RecordingReader("a", 0);
    first.fail = () => void tail.enter(again, FOR_EVER);
    tail.enter(first, FOR_EVER);
    await enter("a");
    log.failNext(1);
    log.steps.releaseAll();
    await turn();
    log.land("a");
    await turn();
    expect(again.heard).toEqual(["rows 1"]);
  });
});

describe("rings", () => {
  it("that are spurious or doubled wake nobody, and nobody twice", async () => {
    const { reader } = await enter("a");
    log.ring();
    await turn();
    expect(reader.heard).toEqual([]);
    log.land("a");
    log.ring();
    log.ring();
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
  });

  it("that are lost cost time, not a message: the next one brings both", async () => {
    const { reader } = await enter("a");
    log.table.insert({ room: "a" });
    await turn();
    expect(reader.heard).toEqual([]);
    log.land("b");
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
  });

  it("before the end of the log is known are not lost", async () => {
    let rings = 0;
    tail.onRing(() => rings++);
    log.steps.isHolding = true;
    const { reader } = await enter("a");
    log.steps.release("look newest");
    log.land("a");
    log.steps.release("ring");
    expect(rings).toBe(0);
    log.steps.releaseAll();
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
    expect(rings).toBe(1);
  });

  it("are passed on to whoever asked, while somebody waits, until it asks no more", async () => {
    let [rings, bad] = [0, 0];
    tail.onRing(() => {
      bad++;
      throw new Error("a bad listener");
    });
    const off = tail.onRing(() => rings++);
    log.ring();
    await turn();
    expect(rings).toBe(0);
    const { reader } = await enter("a");
    log.ring();
    await turn();
    expect([rings, bad]).toEqual([1, 1]);
    off();
    log.land("a");
    await turn();
    expect([rings, bad]).toEqual([1, 2]);
    expect(reader.heard).toEqual(["rows 1"]);
  });
});

describe("the log", () => {
  it("has no listener while nobody waits, one while anybody does, and none after the last has gone", async () => {
    expect(log.listeners).toBe(0);
    const first = await enter("a", 0, 1000);
    const second = await enter("b", 0, 1000);
    const third = await enter("c", 0, 1000);
    expect(log.listeners).toBe(1);
    first.place.leave();
    log.land("b");
    await turn();
    expect(log.listeners).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(log.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(await readsOf(() => log.land("a"))).toEqual([]);
    expect([second, third].map(({ reader }) => reader.heard)).toEqual([["rows 1"], ["timeout"]]);
    await enter("a", 2);
    expect(log.listeners).toBe(1);
  });
});
