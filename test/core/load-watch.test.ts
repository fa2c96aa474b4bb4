/** The load follows the event loop: turns that are long one after the other raise it, and it comes down. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Load } from "../../src/core/load.js";
import { watchLoad } from "../../src/core/load-watch.js";
import { until } from "../support/until.js";

let looks: number[];
let said: unknown[];
let load: Load;
let stop: () => void;

function watch(): void {
  looks = [];
  said = [];
  // High enough for a machine that has other things to do.
  load = new Load(200);
  const look = load.look.bind(load);
  load.look = (ms) => {
    looks.push(Math.round(ms));
    look(ms);
  };
  const say = (fields: unknown) => void said.push(fields);
  stop = watchLoad(load, { info: say, warn: say, error: say });
}

describe("a look", () => {
  let nowMs = 0;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    watch();
  });
  afterEach(() => {
    stop();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  function turns(...lengthsMs: readonly number[]): void {
    for (const ms of lengthsMs) {
      nowMs += ms;
      vi.advanceTimersByTime(50);
    }
  }

  const idle = (count: number) => Array<number>(count).fill(50);

  it.each([
    ["an idle second", idle(20), 0],
    ["turns of 250 ms, end to end", [250, 250, 250, 250], 125],
    ["one turn of a second", [1000], 500],
    ["a pause of 150 ms in an idle second", [...idle(17), 150], 11],
    ["turns of 250 ms with 100 ms between", [250, 50, 50, 250, 50, 50, 250, 50], 94],
    ["a pause of ten seconds", [10_000], 5000],
  ])("at %s is made once, and is the wait that a request has on average", (_what, lengthsMs, waitMs) => {
    turns(...lengthsMs);
    expect(looks).toEqual([waitMs]);
    turns(...idle(20));
    expect(looks).toEqual([waitMs, 0]);
  });

  it("finds no load in an idle loop whose timer is some ms late, however little is allowed", () => {
    stop();
    load = new Load(1);
    stop = watchLoad(load, { info() {}, warn() {}, error() {} });
    turns(...Array<number>(100).fill(58));
    expect(load.level).toBe(0);
  });

  it("is not made any more when it was stopped", () => {
    stop();
    turns(...idle(40));
    expect(looks).toEqual([]);
  });
});

describe("a real event loop", () => {
  beforeEach(watch);
  afterEach(() => stop());

  function work(ms: number): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }

  it("whose turns are long has a load; it is said when it comes and when it is over", async () => {
    await until(() => {
      // As long as a look: node's own histogram misses every other one of these.
      work(1100);
      return load.level >= 2;
    }, "a load");
    expect(said[0]).toMatchObject({ before: 0, turnWaitMs: expect.toSatisfy((wait) => wait >= 50) });
    const risen = said.length;
    await until(() => load.level === 0, "no load");
    expect(said.length - risen).toBeLessThanOrEqual(3);
    expect(said.at(-1)).toMatchObject({ load: 0 });
  });
});
