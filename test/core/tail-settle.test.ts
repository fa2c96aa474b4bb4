/** A reader is answered or forgotten exactly once, whatever ends its wait. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Tail } from "../../src/core/tail.js";
import { fakeTimers } from "../support/fake-timers.js";
import { MemoryLog } from "../support/memory-log.js";
import { type Entering, enterAt, RecordingReader } from "../support/recording-reader.js";
import { turn } from "../support/turn.js";

const FOR_EVER = Number.POSITIVE_INFINITY;

fakeTimers();

let log: MemoryLog;
let tail: Tail;

beforeEach(() => {
  log = new MemoryLog();
  tail = new Tail(log, { sliceReaders: 1, lingerMs: 0 });
});

const enter = (rooms: string | readonly string[], after?: number, more?: Entering) =>
  enterAt(tail, rooms, after, more);

describe("when its time is over", () => {
  it("a reader is answered empty, and one with more time is not", async () => {
    const [short, long] = [await enter("a", 0, { waitMs: 1000 }), await enter("a", 0, { waitMs: 5000 })];
    vi.advanceTimersByTime(800);
    expect(short.reader.heard).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(short.reader.heard).toEqual(["timeout"]);
    expect(long.reader.heard).toEqual([]);
    expect(tail.parked).toBe(1);
    vi.advanceTimersByTime(4000);
    expect([short, long].map(({ reader }) => reader.heard)).toEqual([["timeout"], ["timeout"]]);
    expect(tail.parked).toBe(0);
  });

  it("a reader whose first read is still under way is answered, and the read changes nothing", async () => {
    log.table.insert({ room: "a" });
    log.steps.isHolding = true;
    const { reader } = await enter("a", 0, { waitMs: 1000 });
    vi.advanceTimersByTime(1000);
    log.steps.releaseAll();
    await turn();
    expect(reader.heard).toEqual(["timeout"]);
    expect(tail.parked).toBe(0);
  });

  it("a reader that was woken before is not answered again", async () => {
    const { reader } = await enter("a", 0, { waitMs: 1000 });
    log.land("a");
    await turn();
    vi.advanceTimersByTime(2000);
    expect(reader.heard).toEqual(["rows 1"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a reader whose rows are there, but whose turn to be woken has not come", () => {
  /** Two wait and one is woken per turn: by the time the first has its answer, the second has only its batch. */
  async function second() {
    const first = tail.next(["a"], 0, { waitMs: FOR_EVER });
    const entered = await enter("a");
    log.land("a");
    await first;
    expect(entered.reader.heard).toEqual([]);
    expect(tail.parked).toBe(1);
    return entered;
  }

  it("gets them when it is released", async () => {
    const { reader, place } = await second();
    place.release();
    expect(reader.heard).toEqual(["rows 1"]);
    await turn();
    expect(reader.answers).toHaveLength(1);
  });

  it("gets them when the tail closes", async () => {
    const { reader } = await second();
    tail.close();
    expect(reader.heard).toEqual(["rows 1"]);
    await turn();
    expect(reader.answers).toHaveLength(1);
  });

  it("gets them in its turn, and no later row twice", async () => {
    const { reader } = await second();
    log.land("a");
    await turn();
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
  });

  it("hears nothing when it leaves", async () => {
    const { reader, place } = await second();
    place.leave();
    await turn();
    expect(reader.heard).toEqual([]);
    expect(tail.parked).toBe(0);
  });
});

describe("leaving and releasing", () => {
  it("a reader that left hears nothing more: no row, no end of time, no closing", async () => {
    const gone = await enter("a", 0, { waitMs: 1000 });
    const stays = await enter("a", 0);
    gone.place.leave();
    gone.place.leave();
    gone.place.release();
    expect(tail.parked).toBe(1);
    log.land("a");
    await turn();
    vi.advanceTimersByTime(2000);
    tail.close();
    expect(gone.reader.heard).toEqual([]);
    expect(stays.reader.heard).toEqual(["rows 1"]);
  });

  it("a reader that leaves during its first read hears nothing of it, also when the read fails", async () => {
    log.table.insert({ room: "a" });
    for (const failures of [0, 1]) {
      await enter("b", 1);
      log.steps.isHolding = true;
      const { reader, place } = await enter("a");
      log.failNext(failures);
      place.leave();
      log.steps.releaseAll();
      await turn();
      expect(reader).toMatchObject({ answers: [], failures: [] });
    }
    expect(tail.parked).toBe(2);
  });

  it("a reader that is released is answered empty at once, and once", async () => {
    const { reader, place } = await enter("a", 0, { waitMs: 1000 });
    place.release();
    place.release();
    place.leave();
    log.land("a");
    await turn();
    vi.advanceTimersByTime(2000);
    expect(reader.heard).toEqual(["released"]);
    expect(tail.parked).toBe(0);
  });
});

describe("when the tail closes", () => {
  it("everybody is answered once, parked or reading", async () => {
    const parked = await enter("a", 0, { waitMs: 1000 });
    log.steps.isHolding = true;
    const reading = await enter("b", 0, { waitMs: 1000 });
    tail.close();
    tail.close();
    log.steps.releaseAll();
    log.land("a");
    await turn();
    vi.advanceTimersByTime(2000);
    expect([parked, reading].map(({ reader }) => reader.heard)).toEqual([["closing"], ["closing"]]);
    expect([tail.parked, log.listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  it("nobody is parked any more: who comes later is answered at once, without a read", async () => {
    log.table.insert({ room: "a" });
    tail.close();
    const { reader, place } = await enter("a");
    place.release();
    place.leave();
    expect(reader.heard).toEqual(["closing"]);
    expect([tail.parked, log.listeners, log.reads.length]).toEqual([0, 0, 0]);
  });
});

describe("a reader that throws when it is answered", () => {
  it("does not keep the others from being answered, and is not answered again", async () => {
    const errors: string[] = [];
    const logger = { info() {}, warn() {}, error: (_: object, text: string) => errors.push(text) };
    tail = new Tail(log, { logger });
    const bad = new RecordingReader("a", 0);
    const wake = bad.wake.bind(bad);
    bad.wake = (batch, why) => {
      wake(batch, why);
      throw new Error("a bad socket");
    };
    const before = await enter("a");
    tail.enter(bad, FOR_EVER);
    const after = await enter("a");
    log.land("a");
    await turn();
    log.land("a");
    tail.close();
    await turn();
    expect([before.reader, bad, after.reader].map(({ heard }) => heard)).toEqual(Array(3).fill(["rows 1"]));
    expect(errors).toHaveLength(1);
  });
});
