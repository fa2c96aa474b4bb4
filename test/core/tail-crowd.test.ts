/** 50,000 readers in one process: each is answered once, and other work gets in between. */
import { afterEach, describe, expect, it } from "vitest";
import type { Batch } from "../../src/core/log.js";
import type { Reader, TailOptions } from "../../src/core/reader.js";
import { Tail } from "../../src/core/tail.js";
import { MemoryLog } from "../support/memory-log.js";
import { turn } from "../support/turn.js";

const READERS = 50_000;
const SLICE = 256;
const FOR_EVER = Number.POSITIVE_INFINITY;

/** Readers of one room, and what they were woken with. */
class Listeners {
  readonly log = new MemoryLog();
  readonly tail: Tail;
  readonly batches = new Set<Batch>();
  /** The last id that each has got; what is wrong when one comes again, or too early. */
  readonly lastIds: Uint32Array;
  answered = 0;
  /** Answers in the callback that is running now, and the most there were in one. */
  inSlice = 0;
  mostInSlice = 0;
  isOutOfOrder = false;
  readonly #comesBack: boolean;

  constructor(readers: number, options: TailOptions = {}, comesBack = false) {
    this.tail = new Tail(this.log, { lingerMs: 0, ...options });
    this.lastIds = new Uint32Array(readers);
    this.#comesBack = comesBack;
    for (let n = 0; n < readers; n++) this.#enter(n, 0);
  }

  /** Until each has read for itself. */
  async park(): Promise<void> {
    await expect.poll(() => this.log.reads.length).toBe(this.lastIds.length);
    await turn();
  }

  #enter(n: number, after: number): void {
    const reader: Reader = {
      rooms: ["a"],
      after,
      limit: 1,
      wake: (batch) => this.#hear(n, batch),
      fail: (error) => {
        throw error;
      },
    };
    this.tail.enter(reader, 25_000 + (n % 5_000));
  }

  #hear(n: number, batch: Batch): void {
    const id = batch.messages[0]?.id ?? 0;
    if (id !== (this.lastIds[n] ?? 0) + 1 || batch.messages.length !== 1) this.isOutOfOrder = true;
    this.lastIds[n] = id;
    this.batches.add(batch);
    this.answered++;
    if (this.inSlice === 0) queueMicrotask(() => (this.inSlice = 0));
    this.inSlice++;
    this.mostInSlice = Math.max(this.mostInSlice, this.inSlice);
    if (this.#comesBack && id > 0) this.#enter(n, id);
  }
}

let crowd: Listeners;

afterEach(() => crowd.tail.close());

describe("50,000 readers that one row wakes", () => {
  it("are woken in slices of 256, each exactly once with one shared batch", async () => {
    crowd = new Listeners(READERS);
    await crowd.park();
    const abort = new AbortController();
    const elsewhere = crowd.tail.next(["b"], 0, { waitMs: FOR_EVER, signal: abort.signal });
    await turn();
    crowd.log.land("a");
    await expect.poll(() => crowd.answered).toBe(READERS);
    expect(crowd.mostInSlice).toBe(SLICE);
    expect(crowd.lastIds.every((id) => id === 1)).toBe(true);
    expect([crowd.isOutOfOrder, crowd.batches.size]).toEqual([false, 1]);
    expect(crowd.log.reads.filter((rooms) => rooms === "all")).toHaveLength(1);
    // The one in the other room is still there, and the crowd has taken its timers and places with it.
    expect(crowd.tail.parked).toBe(1);
    abort.abort();
    expect((await elsewhere).messages).toEqual([]);
    expect(crowd.log.listeners).toBe(0);
  });

  it("let a send and other work through before the last of them is woken", async () => {
    crowd = new Listeners(READERS);
    await crowd.park();
    const doneAt: number[] = [];
    crowd.log.land("a");
    await turn();
    expect(crowd.answered).toBeGreaterThan(0);
    setImmediate(() => doneAt.push(crowd.answered));
    void crowd.log
      .append({ room: "b", author: { id: null, name: "Bo" }, text: "in between" })
      .then(() => doneAt.push(crowd.answered));
    await expect.poll(() => crowd.answered).toBe(READERS);
    // Each within a few slices.
    expect(doneAt).toHaveLength(2);
    expect(Math.max(...doneAt)).toBeLessThan(10 * SLICE);
  });

  it("get several rows in the order of the log, each once, though they come back while others are still woken", async () => {
    crowd = new Listeners(READERS, {}, true);
    await crowd.park();
    for (let n = 0; n < 3; n++) {
      crowd.log.land("a");
      for (let slices = 0; slices < 20; slices++) await turn();
    }
    expect(crowd.answered).toBeLessThan(READERS);
    await expect.poll(() => crowd.answered, { timeout: 10_000 }).toBe(3 * READERS);
    expect(crowd.isOutOfOrder).toBe(false);
    expect(crowd.tail.parked).toBe(READERS);
  });
});

it("nothing would get in between if a slice were the whole crowd", async () => {
  crowd = new Listeners(1000, { sliceReaders: 1000 });
  await crowd.park();
  crowd.log.land("a");
  await turn();
  expect([crowd.answered, crowd.mostInSlice]).toEqual([1000, 1000]);
});
