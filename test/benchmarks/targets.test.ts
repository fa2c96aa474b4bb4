/** What a run says about the targets: met, missed, or missing. */
import { describe, expect, it } from "vitest";
import { benchmark, ours, plain, type Row, row } from "./row.js";

const { summarise } = await benchmark("report/rows.js");
const { judge } = await benchmark("report/judge.js");
const { TARGETS } = await benchmark("report/targets.js");
const { targetsTable } = await benchmark("report/table.js");
const { SCENARIOS } = await benchmark("command-line.js");

const wanted = (peer: string) => ({ ...row({ peer }), values: undefined });
const ratio = (limits: object) => [
  { text: "a ratio", checks: [{ of: wanted("parkbench"), over: wanted("plain"), unit: "x", ...limits }] },
];
const verdictOf = (rows: Row[], targets: object) => judge(summarise(rows), targets)[0];

describe("a target", () => {
  const limits = { reach: { relation: "<=", bound: 0.65 }, goFor: { relation: "<=", bound: 0.5 } };

  it.each([
    [4, "met", "met"],
    [5, "met", "met"],
    [6.5, "met", "missed"],
    [6.6, "missed", "missed"],
  ])("of 0.65, better 0.5: %d against 10 is %s and %s", (value, reach, goFor) => {
    const verdict = verdictOf([ours(value), plain(10)], ratio(limits));
    expect(verdict).toMatchObject({
      value: value / 10,
      missing: [],
      reach: { outcome: reach },
      goFor: { outcome: goFor },
    });
  });

  it("that is to be large is missed by what is small", () => {
    const atLeast = ratio({ reach: { relation: ">=", bound: 0.6 } });
    expect(verdictOf([ours(5.9), plain(10)], atLeast).reach.outcome).toBe("missed");
    expect(verdictOf([ours(6), plain(10)], atLeast).reach.outcome).toBe("met");
  });

  it("can be a difference, and a figure by itself", () => {
    const reach = { relation: "<=", bound: 5 };
    const difference = { of: wanted("parkbench"), minus: wanted("plain"), unit: "ms", reach };
    const itself = { of: wanted("parkbench"), unit: "KiB", reach };
    const targets = [{ text: "both", checks: [difference, itself] }];
    const verdicts = judge(summarise([ours(7), plain(3)]), targets);
    expect(verdicts.map(({ value }: { value: number }) => value)).toEqual([4, 7]);
    expect(verdicts.map((one: { reach: { outcome: string } }) => one.reach.outcome)).toEqual([
      "met",
      "missed",
    ]);
  });

  it("is of the medians, not of single rounds", () => {
    const rows = [row({ values: [1, 6, 99] }), row({ peer: "plain", values: [10, 10, 500] })];
    expect(verdictOf(rows, ratio(limits)).value).toBe(0.6);
  });

  it("whose limit is not set has no verdict there", () => {
    expect(verdictOf([ours(1), plain(10)], ratio({ reach: limits.reach })).goFor).toBeNull();
  });

  it.each([
    ["has no figure of ours", [plain(10)]],
    ["has none to compare with", [ours(10)]],
    ["has none at all", []],
    ["has a broken round", [row({ values: [1, Number.NaN] }), plain(10)]],
    ["compares with nothing", [ours(10), plain(0)]],
  ])("that %s is missing: neither met nor missed, and named", (_how, rows) => {
    const verdict = verdictOf(rows, ratio(limits));
    expect(verdict).toMatchObject({
      value: null,
      reach: { outcome: "missing" },
      goFor: { outcome: "missing" },
    });
    expect(verdict.missing.length).toBeGreaterThan(0);
    expect(targetsTable([verdict])).toMatch(
      /<= 0\.65: missing.*<= 0\.5: missing\nmissing: fan-out (plain|parkbench)/,
    );
  });

  it("of the project is of a scenario that there is, and of a peer's figure", () => {
    expect(TARGETS.length).toBeGreaterThan(8);
    for (const { checks } of TARGETS) {
      for (const { of, over, minus, reach, goFor } of checks) {
        expect(SCENARIOS).toContain(of.scenario);
        expect(of.peer).toBe("parkbench");
        // Two scenarios are two runs of servers: a ratio of them would say nothing.
        expect([over ?? of, minus ?? of].map(({ scenario }) => scenario)).toEqual([of.scenario, of.scenario]);
        expect(reach ?? goFor).toBeDefined();
      }
    }
    const all = judge([], TARGETS);
    expect(
      all.every(({ value, missing }: { value: null; missing: [] }) => value === null && missing.length > 0),
    ).toBe(true);
  });
});
