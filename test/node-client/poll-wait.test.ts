/** The poll's wait: shorter only where somebody on the way cuts it, longer again in time. */
import { describe, expect, it } from "vitest";
import { ChatError } from "../../src/node-client/errors.js";
import { PollWait } from "../../src/node-client/poll-wait.js";

const CUT = new ChatError(0, "cut", "");
const TEN_MINUTES = 600_000;

function setUp(mostS = 25) {
  let now = 0;
  const wait = new PollWait(mostS, () => now);
  return {
    wait,
    later: (ms: number) => (now += ms),
    /** A poll that ends badly at this age, and the one after it, which is answered. */
    cutAt(ageMs: number, error = CUT): number {
      wait.failed(error, wait.nextS, ageMs);
      const asked = wait.nextS;
      wait.answered({ inFull: true });
      return asked;
    },
  };
}

describe("the wait is halved", () => {
  it("each time that a cut near its end is followed by an answer at once: 25, 12, 6, 3 seconds, and no less", () => {
    const { wait, cutAt } = setUp();
    const waits: number[] = [];
    for (let times = 0; times < 5; times += 1) {
      waits.push(wait.nextS);
      expect(cutAt(wait.nextS * 800)).toBe(0);
    }
    expect(waits).toEqual([25, 12, 6, 3, 3]);
  });

  it.each([
    ["a cut", "cut", 0, 24_000],
    ["a proxy's 504", "garbled", 504, 20_000],
    ["an error of the server's own", "storage_busy", 503, 13_000],
    ["nothing until we gave it up", "silent", 0, 35_001],
  ])("for %s", (_what, code, status, ageMs) => {
    const { wait, cutAt } = setUp();
    cutAt(ageMs, new ChatError(status, code, ""));
    expect(wait.nextS).toBe(12);
  });

  it("for the second of two early cuts at one age, which is somebody's clock", () => {
    const { wait, cutAt } = setUp();
    expect(cutAt(8000)).toBe(25);
    expect(cutAt(8100)).toBe(0);
    expect(wait.nextS).toBe(12);
  });
});

describe("the wait stays", () => {
  it.each([
    ["for a cut early in it", "cut", 0, 12_000],
    ["for a failure at once", "garbled", 502, 20],
    ["where the machine slept", "cut", 0, 3_600_000],
    ["where there is no connection", "unreachable", 0, 20_000],
    ["for a refusal", "no_room", 404, 20_000],
  ])("%s", (_what, code, status, ageMs) => {
    const { wait, cutAt } = setUp();
    expect(cutAt(ageMs, new ChatError(status, code, ""))).toBe(25);
    expect(wait.nextS).toBe(25);
  });

  it("where the server is away after the cut: that was no proxy's clock", () => {
    const { wait } = setUp();
    for (let restarts = 0; restarts < 5; restarts += 1) {
      wait.failed(CUT, wait.nextS, 14_000 + restarts * 2000);
      expect(wait.nextS).toBe(0);
      wait.failed(new ChatError(0, "unreachable", ""), 0, 1);
      wait.answered({ inFull: true });
    }
    expect(wait.nextS).toBe(25);
  });

  it("for early cuts at any age", () => {
    const { wait, cutAt } = setUp();
    for (const ageMs of [2000, 9000, 4000, 11_000]) cutAt(ageMs);
    expect(wait.nextS).toBe(25);
  });
});

describe("the wait grows back", () => {
  it("twofold after ten minutes of answers, up to what it was, and not before", () => {
    const { wait, later, cutAt } = setUp();
    cutAt(24_000);
    cutAt(11_000);
    const waits: number[] = [];
    for (let times = 0; times < 4; times += 1) {
      later(TEN_MINUTES - 1);
      wait.answered({ inFull: true });
      waits.push(wait.nextS);
      later(1);
      wait.answered({ inFull: true });
    }
    expect([...waits, wait.nextS]).toEqual([6, 12, 24, 25, 25]);
  });

  it("only where all of them were answers", () => {
    const { wait, later, cutAt } = setUp();
    cutAt(24_000);
    later(TEN_MINUTES - 1);
    wait.failed(new ChatError(502, "garbled", ""), 12, 10);
    wait.answered({ inFull: true });
    later(TEN_MINUTES - 1);
    wait.answered({ inFull: true });
    expect(wait.nextS).toBe(12);
  });
});
