/** What rings are worth: a lost one costs time, a spurious one nothing; nobody listens when nobody waits. */
import { describe, expect, it, vi } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { enter, log, tail } from "../support/tail-bench.js";
import { turn } from "../support/turn.js";

fakeTimers();

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

  it("are passed on to whoever asked also while rows are being read, without waiting for those", async () => {
    const { reader } = await enter("a");
    let rings = 0;
    tail.onRing(() => rings++);
    log.steps.isHolding = true;
    log.land("a");
    log.steps.release("ring");
    expect(rings).toBe(1);
    log.ring();
    log.steps.release("ring");
    expect([rings, reader.heard]).toEqual([2, []]);
    log.steps.releaseAll();
    await turn();
    expect([rings, reader.heard]).toEqual([2, ["rows 1"]]);
  });

  it("are passed on to whoever asked, at once when somebody begins to wait and on each ring, until it asks no more", async () => {
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
    await turn();
    // What came while nobody listened is asked for now.
    expect([rings, bad]).toEqual([1, 1]);
    log.ring();
    await turn();
    expect([rings, bad]).toEqual([2, 2]);
    off();
    log.land("a");
    await turn();
    expect([rings, bad]).toEqual([2, 3]);
    expect(reader.heard).toEqual(["rows 1"]);
  });
});

describe("the log", () => {
  it("has no listener while nobody waits, one while anybody does, and none after the last has gone", async () => {
    expect(log.listeners).toBe(0);
    const first = await enter("a", 0, { waitMs: 1000 });
    const second = await enter("b", 0, { waitMs: 1000 });
    const third = await enter("c", 0, { waitMs: 1000 });
    expect(log.listeners).toBe(1);
    first.place.leave();
    log.land("b");
    await turn();
    expect(log.listeners).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(log.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    const reads = log.reads.length;
    log.land("a");
    await turn();
    expect(log.reads).toHaveLength(reads);
    expect([second, third].map(({ reader }) => reader.heard)).toEqual([["rows 1"], ["timeout"]]);
    await enter("a", 2);
    expect(log.listeners).toBe(1);
  });
});
