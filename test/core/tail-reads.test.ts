/** How often the tail asks the log: as seldom as it can. */
import { describe, expect, it } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { RecordingReader } from "../support/recording-reader.js";
import { enter, log, tail } from "../support/tail-bench.js";
import { turn } from "../support/turn.js";

const FOR_EVER = Number.POSITIVE_INFINITY;

fakeTimers();

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

  it("a ring reads only what came after the first reader did, however long the log is", async () => {
    for (let n = 0; n < 1200; n++) log.table.insert({ room: "a" });
    const { reader } = await enter("a", 1200);
    expect(await readsOf(() => log.land("a"))).toEqual(["all"]);
    expect(reader.heard).toEqual(["rows 1201"]);
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
    expect(await readsOf(() => enter(["r0", "r1"]))).toEqual(["r0,r1"]);
  });

  it("a reader behind its room's newest id is answered from memory, before it has entered", async () => {
    await enter("b");
    const { place } = await enter("a");
    place.leave();
    log.land("a");
    await turn();
    const reader = new RecordingReader("a", 0);
    expect(await readsOf(() => tail.enter(reader, FOR_EVER))).toEqual([]);
    const atOnce = new RecordingReader("a", 0);
    tail.enter(atOnce, FOR_EVER);
    expect([reader.heard, atOnce.heard]).toEqual([["rows 1"], ["rows 1"]]);
  });

  it("a reader of several rooms, or from before what memory holds, is answered by a read", async () => {
    log.table.insert({ room: "a" });
    await enter("b");
    await enter("a", 1);
    log.land("a");
    await turn();
    expect(await readsOf(() => enter("a", 1))).toEqual([]);
    for (const [rooms, after] of [["a", 0] as const, [["a", "b"], 1] as const]) {
      const reader = new RecordingReader(rooms, after);
      expect(await readsOf(() => tail.enter(reader, FOR_EVER))).toEqual([String(rooms)]);
      expect(reader.heard).toEqual([after === 0 ? "rows 1 2" : "rows 2"]);
    }
  });
});
