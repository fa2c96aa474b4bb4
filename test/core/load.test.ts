/** The level of load: reached by what lasts, left when it has been better for a while, never to and fro. */
import { describe, expect, it } from "vitest";
import { Load } from "../../src/core/load.js";

/** The levels after each look. */
function levels(...waits: readonly number[]): readonly number[] {
  const load = new Load(50);
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
  ])("one after the other by a wait of %i ms that is seen twice, and again: %i", (ms, level) => {
    const climb = [0, 1, 2, 3, 3].map((step) => Math.min(step, level));
    expect(levels(...times(5, ms))).toEqual(climb);
  });

  it("but not by one pause, however long, nor by one now and then", () => {
    expect(levels(5000, 20, 5000, 20, 5000, 20)).toEqual(times(6, 0));
    expect(levels(20, 20, 5000, 20)).toEqual(times(4, 0));
  });

  it("as high as both looks say, and no higher", () => {
    expect(levels(600, 600, 60, 600, 60)).toEqual([0, 1, 1, 1, 1]);
    expect(levels(600, 600, 130, 600, 600)).toEqual([0, 1, 2, 2, 3]);
  });
});

it("no level is reached where the limit is 0; half of it is reached twice as soon", () => {
  const [none, half] = [new Load(0), new Load(25)];
  for (let n = 0; n < 9; n++) for (const load of [none, half]) load.look(63);
  expect([none.level, half.level]).toEqual([0, 2]);
});

describe("a level is left", () => {
  it("when five looks in a row were better, to where the worst of them was", () => {
    const risen = times(4, 600);
    expect(levels(...risen, ...times(6, 20)).slice(3)).toEqual([3, 3, 3, 3, 3, 0, 0]);
    expect(levels(...risen, 20, 20, 130, 20, 20, 20, 20, 20).slice(3)).toEqual([3, 3, 3, 3, 3, 2, 2, 2, 0]);
  });

  it("and not when each second is another: bad and good in turn keep it", () => {
    const unsteady = Array.from({ length: 20 }, (_, n) => (n % 3 ? 10 : 200));
    expect(levels(130, 130, 130, ...unsteady).slice(2)).toEqual(times(21, 2));
  });
});

describe("what is given up", () => {
  const at = (ms: number) => {
    const load = new Load(50);
    for (let n = 0; n < 4; n++) load.look(ms);
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
