/** Rows that no bell has told of are found all the same within a second, counted, and said once. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Counts } from "../../src/core/counts.js";
import { Tail } from "../../src/core/tail.js";
import { fakeTimers } from "../support/fake-timers.js";
import { MemoryLog } from "../support/memory-log.js";
import { passTime } from "../support/pass-time.js";
import { enterAt } from "../support/recording-reader.js";
import { turn } from "../support/turn.js";

fakeTimers();

let log: MemoryLog;
let counts: Counts;
let tail: Tail;
const warn = vi.fn();

beforeEach(() => {
  warn.mockClear();
  log = new MemoryLog();
  counts = new Counts();
  tail = new Tail(log, { counts, logger: { info() {}, warn, error() {} } });
});

/** A row that is visible, and of which the bell says nothing. */
function landUnrung(room: string): void {
  log.table.insert({ room });
}

describe("a bell that is mute", () => {
  it("keeps a row from nobody for longer than a second", async () => {
    const { reader } = await enterAt(tail, "a");
    landUnrung("a");
    await turn();
    expect(reader.heard).toEqual([]);
    await passTime(1000);
    expect(reader.heard).toEqual(["rows 1"]);
    expect(counts.lostWakeUps).toBe(1);
    expect(counts.stats(0).wakes.count).toBe(0);
  });

  it("is counted each time, also after it has rung, and said once", async () => {
    log.land("a");
    await enterAt(tail, "a", 1);
    log.land("a");
    await turn();
    expect(counts.stats(0).wakes.count).toBe(1);
    for (let id = 3; id <= 5; id++) {
      const { reader } = await enterAt(tail, "a", id - 1);
      landUnrung("a");
      await passTime(1000);
      expect(reader.heard).toEqual([`rows ${id}`]);
    }
    expect(counts.lostWakeUps).toBe(3);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[1]).toMatch(/no ring had told of/);
  });

  it("keeps control rows from nobody either, once a message was found", async () => {
    await enterAt(tail, "a");
    const heard = vi.fn();
    tail.onRing(heard);
    landUnrung("a");
    await passTime(1000);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("a log that gives no answer", () => {
  it("is asked once for its end, and again when that has failed", async () => {
    await enterAt(tail, "a");
    const fail: (() => void)[] = [];
    const newest = vi
      .spyOn(log, "newest")
      .mockImplementation(() => new Promise((_, reject) => fail.push(() => reject(new Error("no answer")))));
    await passTime(5000);
    expect(newest).toHaveBeenCalledTimes(1);
    fail[0]?.();
    await passTime(1000);
    expect(newest).toHaveBeenCalledTimes(2);
  });
});

describe("a bell that rings", () => {
  it("leaves nothing for the safety look to find", async () => {
    for (let id = 1; id <= 30; id++) {
      const { reader } = await enterAt(tail, "a", id - 1);
      log.land("a");
      await turn();
      expect(reader.heard).toEqual([`rows ${id}`]);
      await passTime(200);
    }
    expect(counts.lostWakeUps).toBe(0);
    expect(counts.stats(0).wakes.count).toBe(30);
    expect(warn).not.toHaveBeenCalled();
    // Only what was rung for has been read, beside a first look into the room.
    expect(log.reads.filter((rooms) => rooms === "all")).toHaveLength(30);
  });

  it("and is late, but not lost, when one look has seen the row, and it comes before the next", async () => {
    const { reader } = await enterAt(tail, "a");
    await passTime(400);
    landUnrung("a");
    await passTime(300);
    expect(reader.heard).toEqual([]);
    log.ring();
    await passTime(2000);
    expect(reader.heard).toEqual(["rows 1"]);
    expect([counts.lostWakeUps, counts.stats(0).wakes.count]).toEqual([0, 1]);
  });

  it("and cannot be read for is no lost one either: it is tried again, and late from its ring on", async () => {
    const { reader } = await enterAt(tail, "a");
    const now = vi.spyOn(performance, "now").mockReturnValue(10_000);
    log.failNext(1);
    log.land("a");
    await turn();
    now.mockReturnValue(11_000);
    await passTime(2000);
    now.mockRestore();
    expect(reader.heard).toEqual(["rows 1"]);
    expect(counts.lostWakeUps).toBe(0);
    expect(counts.stats(0).wakes).toMatchObject({ count: 1, sumMs: 1000 });
  });
});

it("an id that was given out and is gone again is nobody's lost row", async () => {
  const { reader } = await enterAt(tail, "a");
  landUnrung("a");
  log.table.remove(1);
  await passTime(3000);
  expect(reader.heard).toEqual([]);
  expect([counts.lostWakeUps, warn.mock.calls.length]).toEqual([0, 0]);
});

it("a log that cannot be asked for its end is asked again", async () => {
  const { reader } = await enterAt(tail, "a");
  landUnrung("a");
  log.failNext(1);
  await passTime(2000);
  expect(reader.heard).toEqual(["rows 1"]);
  expect(counts.lostWakeUps).toBe(1);
});

it("while nobody waits, and nobody has for five seconds, nothing is looked at", async () => {
  const { place } = await enterAt(tail, "a");
  place.leave();
  await passTime(5000);
  const newest = vi.spyOn(log, "newest");
  landUnrung("a");
  await passTime(5000);
  expect(newest).not.toHaveBeenCalled();
  expect(counts.lostWakeUps).toBe(0);
});

describe("a log that has become shorter, as when a database took over that had not got the newest rows", () => {
  it("lets everybody go, who come back with their cursors, and follows it anew", async () => {
    for (let n = 0; n < 3; n++) log.land("a");
    const { reader } = await enterAt(tail, "a", 3);
    const newest = vi.spyOn(log, "newest").mockResolvedValue(2);
    await passTime(1000);
    expect(reader.heard).toEqual(["released"]);
    const again = await enterAt(tail, "a", 3);
    expect(tail.seen).toBe(2);
    newest.mockRestore();
    await turn();
    expect(again.reader.heard).toEqual([]);
  });

  it("is not seen in one that grows while it is looked at", async () => {
    log.land("a");
    const { reader } = await enterAt(tail, "a", 1);
    let answer = (_newest: number) => {};
    const newest = vi.spyOn(log, "newest").mockImplementation(() => new Promise((done) => (answer = done)));
    await passTime(500);
    log.land("a");
    await turn();
    // Asked before the row had landed, answered after it was read.
    answer(1);
    await turn();
    expect(reader.heard).toEqual(["rows 2"]);
    expect(tail.seen).toBe(2);
    newest.mockRestore();
  });
});
