/** What was read is believed for a second, unless something says that it changed, or nobody would hear that. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TimedCache } from "../../src/core/timed-cache.js";

const CACHED_MS = 1000;
const CACHED_MAX = 30_000;

let nowMs: number;
let following: object | null;
let cache: TimedCache<string>;

beforeEach(() => {
  nowMs = 5000;
  following = {};
  vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  cache = new TimedCache(() => following);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("what is kept", () => {
  it("is believed for one second, under its own key alone", () => {
    cache.keep("a", "Ana");
    nowMs += CACHED_MS - 1;
    expect([cache.get("a"), cache.get("b"), cache.get("")]).toEqual(["Ana", null, null]);
    nowMs += 1;
    expect(cache.get("a")).toBeNull();
  });

  it("is not believed for longer because it was asked for; kept again, it is", () => {
    cache.keep("a", "Ana");
    nowMs += 600;
    expect(cache.get("a")).toBe("Ana");
    nowMs += 600;
    expect(cache.get("a")).toBeNull();
    cache.keep("a", "Ann");
    nowMs += 600;
    expect(cache.get("a")).toBe("Ann");
  });

  it("is not believed while changes are not heard of", () => {
    cache.keep("a", "Ana");
    following = null;
    expect(cache.get("a")).toBeNull();
    cache.keep("b", "Bo");
    // Heard again, but not of what happened in between.
    following = {};
    expect([cache.get("a"), cache.get("b")]).toEqual([null, null]);
  });

  it("is forgotten when something changes, and that is counted for whoever is reading just now", () => {
    cache.keep("a", "Ana");
    const { changes } = cache;
    cache.clear();
    expect(cache.get("a")).toBeNull();
    expect(cache.changes).not.toBe(changes);
  });

  it("is nothing under a key of more than 1000 characters", () => {
    cache.keep("a".repeat(1000), "Ana");
    cache.keep("a".repeat(1001), "Ana");
    expect([1000, 1001].map((length) => cache.get("a".repeat(length)))).toEqual(["Ana", null]);
  });

  it(`is of the last ${CACHED_MAX}: the oldest goes first, and one that is kept again is new`, () => {
    for (let n = 0; n < CACHED_MAX - 1; n++) cache.keep(`k${n}`, "x");
    cache.keep("k0", "x");
    cache.keep("the last that fits", "x");
    expect([0, 1, 2].map((n) => cache.get(`k${n}`))).toEqual(["x", "x", "x"]);
    cache.keep("one more", "x");
    cache.keep("and one", "x");
    expect([0, 1, 2, 3].map((n) => cache.get(`k${n}`))).toEqual(["x", null, null, "x"]);
  });
});
