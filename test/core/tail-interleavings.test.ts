/** No row is lost for a reader or comes twice, in whatever order things happen; the mistake that loses one is found. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tail } from "../../src/core/tail.js";
import { fakeTimers } from "../support/fake-timers.js";
import { losesNothing } from "../support/interleavings.js";
import { SmallTail } from "../support/read-then-park.js";

const RUNS = 1000;

fakeTimers();

describe("in any order of rows, readers, reads and rings", () => {
  it("the tail gives every reader each row once, and leaves nobody parked who has rows to get", async () => {
    await fc.assert(
      losesNothing((log) => new Tail(log, { sliceReaders: 2 })),
      { numRuns: RUNS },
    );
  });

  it("the tail does so, too, when it forgets everything with its last reader", async () => {
    await fc.assert(
      losesNothing((log) => new Tail(log, { sliceReaders: 2, lingerMs: 0 })),
      { numRuns: RUNS },
    );
  });

  it("a tail that reads first and parks then loses a wake-up, and is found out", async () => {
    const { failed, errorInstance } = await fc.check(
      losesNothing((log) => new SmallTail(log, "read, then park")),
      { numRuns: RUNS },
    );
    expect(failed).toBe(true);
    expect(String(errorInstance)).toContain("is still parked, and has not got");
  });

  it("the same tail with the order put right is not", async () => {
    await fc.assert(
      losesNothing((log) => new SmallTail(log, "park, then read")),
      { numRuns: RUNS / 2 },
    );
  });
});
