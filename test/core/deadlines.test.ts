/** Many deadlines on few timers: each comes once, in time, and leaves nothing behind. */
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CrowdPlace } from "../../src/core/crowd.js";
import { Deadlines } from "../../src/core/deadlines.js";
import { fakeTimers } from "../support/fake-timers.js";

const SLOT_MS = 100;

fakeTimers();

let due: string[];
let deadlines: Deadlines<string>;

beforeEach(() => {
  due = [];
  deadlines = new Deadlines((member) => due.push(member));
});

describe("a deadline", () => {
  it("comes once, no later than its wait and at most a tenth of a second earlier, whatever the wait", () => {
    fc.assert(
      fc.property(fc.integer({ min: SLOT_MS, max: 60_000 }), (waitMs) => {
        due.length = 0;
        deadlines.add("a", waitMs);
        // One more, as a timer counts whole milliseconds.
        vi.advanceTimersByTime(Math.max(0, waitMs - SLOT_MS - 1));
        expect(due).toEqual([]);
        vi.advanceTimersByTime(waitMs - Math.max(0, waitMs - SLOT_MS - 1));
        expect(due).toEqual(["a"]);
        vi.advanceTimersByTime(10 * SLOT_MS);
        expect(due).toEqual(["a"]);
      }),
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of less than a tenth of a second comes within that, but not within the call", () => {
    for (const waitMs of [0, 1, 50, -1]) deadlines.add(String(waitMs), waitMs);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(SLOT_MS);
    expect(due.toSorted()).toEqual(["-1", "0", "1", "50"]);
  });

  it("of no end, or of more than a timer can take, never comes and costs no timer", () => {
    for (const waitMs of [Number.POSITIVE_INFINITY, Number.NaN, 2 ** 31, 1e12])
      expect(deadlines.add("a", waitMs)).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
    deadlines.add("b", 2 ** 31 - 1);
    vi.advanceTimersByTime(60_000);
    expect(due).toEqual([]);
  });

  it("that is cancelled does not come; its neighbour does", () => {
    const place = deadlines.add("a", 1000);
    deadlines.add("b", 1000);
    expect(place?.leave()).toBe(true);
    expect(place?.leave()).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(due).toEqual(["b"]);
  });

  it("comes after another one for the same time was set and cancelled", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1050);
    try {
      deadlines.add("a", 1000)?.leave();
      deadlines.add("b", 1000);
      vi.advanceTimersByTime(1000);
      expect(due).toEqual(["b"]);
    } finally {
      now.mockRestore();
    }
  });

  it("that is cancelled by another one in the same moment does not come", () => {
    const places: (CrowdPlace<number> | null)[] = [];
    const called: number[] = [];
    const both = new Deadlines<number>((member) => {
      called.push(member);
      for (const place of places) place?.leave();
    });
    places.push(both.add(1, 1000), both.add(2, 1000));
    vi.advanceTimersByTime(1000);
    expect(called).toHaveLength(1);
  });

  it("may set the next one when it comes, and again", () => {
    let times = 0;
    const again = new Deadlines<string>((member) => {
      if (++times < 5) again.add(member, 1000);
    });
    again.add("a", 1000);
    for (let n = 0; n < 6; n++) vi.advanceTimersByTime(1000);
    expect(times).toBe(5);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the timers", () => {
  it("are few for many: one for each tenth of a second in which anything ends", () => {
    const places = Array.from({ length: 20_000 }, (_, n) => deadlines.add(String(n), 20_000 + (n % 5_000)));
    expect(vi.getTimerCount()).toBeGreaterThan(40);
    expect(vi.getTimerCount()).toBeLessThan(60);
    for (const place of places.slice(1)) place?.leave();
    expect(vi.getTimerCount()).toBe(1);
    places[0]?.leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are left alone by a member of an earlier time that cancels late, though its time was of the same name", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1050);
    try {
      const late = deadlines.add("a", 0);
      vi.advanceTimersByTime(SLOT_MS);
      deadlines.add("b", 0);
      late?.leave();
      deadlines.add("c", 0);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(SLOT_MS);
      expect(due).toEqual(["a", "b", "c"]);
    } finally {
      now.mockRestore();
    }
  });
});
