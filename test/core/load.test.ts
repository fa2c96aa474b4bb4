/** The level of load: reached by what lasts, left when it has been better for a while, never to and fro. */
import { describe, expect, it } from "vitest";
import { Load } from "../../src/core/load.js";

/** The levels after each look. */
function levels(...waits: readonly number[]): readonly number[] {
  const load = new Load();
  return waits.map((ms) => {
    load.look(ms);
    return load.level;
  });
}

const times = (count: number, ms: number): number[] => Array<number>(count).fill(ms);

describe("a level is reached", () => {
  it.each([
    [49, 0],
    [50, 1],
    [124, 1],
    [125, 2],
    [499, 2],
    [500, 3],
    [60_000, 3],
  ])("by a wait of %i ms that is seen twice: %i", (ms, level) => {
    expect(levels(ms, ms, ms)).toEqual([0, level, level]);
  });

  it("but not by one pause, however long, nor by one now and then", () => {
    expect(levels(5000, 20, 5000, 20, 5000, 20)).toEqual(times(6, 0));
    expect(levels(20, 20, 5000, 20)).toEqual(times(4, 0));
  });

  it("as high as both looks say, and no higher", () => {
    expect(levels(600, 60, 600)).toEqual([0, 1, 1]);
    expect(levels(60, 600, 600)).toEqual([0, 1, 3]);
  });
});

describe("a level is left", () => {
  it("when five looks in a row were better, to where the worst of them was", () => {
    expect(levels(600, 600, ...times(6, 20))).toEqual([0, 3, 3, 3, 3, 3, 0, 0]);
    expect(levels(600, 600, 20, 20, 130, 20, 20, 20, 20, 20)).toEqual([0, 3, 3, 3, 3, 3, 2, 2, 2, 0]);
  });

  it("and not when each second is another: bad and good in turn keep it", () => {
    expect(levels(130, 130, ...Array.from({ length: 20 }, (_, n) => (n % 3 ? 10 : 200))).slice(1)).toEqual(
      times(21, 2),
    );
  });
});

describe("what is given up", () => {
  const at = (ms: number) => {
    const load = new Load();
    load.look(ms);
    load.look(ms);
    return { parks: load.parks, takesSends: load.takesSends, waits: [load.shortened(25), load.shortened(2)] };
  };

  it.each([
    [0, { parks: true, takesSends: true, waits: [25, 2] }],
    [50, { parks: true, takesSends: true, waits: [5, 2] }],
    [125, { parks: false, takesSends: true, waits: [5, 2] }],
    [500, { parks: false, takesSends: false, waits: [5, 2] }],
  ])("from a wait of %i ms on: %j", (ms, given) => {
    expect(at(ms)).toEqual(given);
  });
});
