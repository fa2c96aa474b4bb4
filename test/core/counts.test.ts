/** What is counted: whose rows, how late, and what is given out is a copy. */
import { describe, expect, it } from "vitest";
import { Counts, WAKE_BOUNDS_MS } from "../../src/core/counts.js";
import type { Message } from "../../src/core/message.js";
import { OwnRows } from "../../src/core/own-rows.js";
import { WakeQueue } from "../../src/core/wake-queue.js";
import { until } from "../support/until.js";

describe("own rows", () => {
  it("are told from others' in between, each once", () => {
    const own = new OwnRows();
    for (const id of [3, 4, 5, 8, 9]) own.add(id);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => own.take(id))).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it("that the tail has passed over are forgotten", () => {
    const own = new OwnRows();
    for (const id of [1, 2, 5]) own.add(id);
    expect(own.take(7)).toBe(false);
    own.add(8);
    expect(own.take(8)).toBe(true);
  });

  it("are told apart while they are still being written", () => {
    const own = new OwnRows();
    for (let id = 1; id <= 1000; id++) {
      own.add(id);
      expect(own.take(id)).toBe(true);
      expect(own.take(id + 1)).toBe(false);
    }
  });

  it("are kept for the newest only, where nobody reads and others write in between", () => {
    const own = new OwnRows();
    for (let id = 1; id < 10_000; id += 2) own.add(id);
    expect(own.take(1)).toBe(false);
    expect(own.take(9999)).toBe(true);
  });
});

describe("rows that are read", () => {
  const message = (id: number) => ({ id }) as Message;

  it("are others' unless they were appended here", () => {
    const counts = new Counts();
    counts.append(2);
    counts.read([1, 2, 3].map(message));
    expect(counts.appendedByOthers).toBe(2);
  });

  it("while a writer does not know yet what it has written, are told apart when it does", () => {
    const counts = new Counts();
    counts.hold();
    counts.read([1, 2].map(message));
    counts.read([message(3)]);
    expect(counts.appendedByOthers).toBe(0);
    counts.append(2);
    counts.release();
    expect(counts.appendedByOthers).toBe(2);
    counts.read([message(4)]);
    counts.release();
    expect(counts.appendedByOthers).toBe(3);
  });
});

describe("wake latencies", () => {
  it("are counted up to each bound, and beyond the last in the whole only", () => {
    const counts = new Counts();
    for (const ms of [0.4, 1, 1.1, 30, 9000]) counts.wake(ms);
    const { count, sumMs, atMost } = counts.stats(0).wakes;
    expect([count, sumMs]).toEqual([5, 9032.5]);
    expect(atMost.map(({ ms }) => ms)).toEqual(WAKE_BOUNDS_MS);
    expect(atMost.map((upTo) => upTo.count)).toEqual([2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4]);
  });

  it("end with the last reader of the last slice, not with the first, and not with those of a later batch", async () => {
    const woken: number[] = [];
    const queue = new WakeQueue<number>(2, (member) => woken.push(member));
    const ends: number[] = [];
    for (let n = 1; n <= 5; n++) queue.push(n);
    queue.after(() => ends.push(woken.length));
    queue.start();
    expect([woken.length, ends]).toEqual([2, []]);
    for (let n = 6; n <= 10; n++) queue.push(n);
    queue.after(() => ends.push(woken.length));
    await until(() => woken.length === 10, "all woken");
    // 6: the slice in which the fifth was.
    expect(ends).toEqual([6, 10]);
  });
});

describe("stats", () => {
  it("are a copy: what somebody does with them changes nothing, nor do they change by themselves", () => {
    const counts = new Counts();
    const before = counts.stats(3);
    const whole = JSON.stringify(before);
    counts.delivered.poll += 1;
    counts.append(1);
    counts.refuse("nonce_reused");
    counts.wake(1);
    expect(JSON.stringify(before)).toBe(whole);
    const after = counts.stats(4);
    expect(after).toMatchObject({ parked: 4, appended: 1, delivered: { poll: 1, sse: 0 } });
    expect(after.refused).toEqual({ nonce_reused: 1 });
    Object.assign(after.delivered, { poll: 77 });
    expect(counts.stats(0).delivered.poll).toBe(1);
  });
});
