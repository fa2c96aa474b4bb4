/** What a run prints and keeps: tables, and results of earlier runs. */
import { describe, expect, it } from "vitest";
import { benchmark, ours, plain, row } from "./row.js";

const { summarise } = await benchmark("report/rows.js");
const { merge } = await benchmark("report/merge.js");
const { figuresTable, number } = await benchmark("report/table.js");

describe("the tables", () => {
  it("show what is a little more than a limit as more", () => {
    expect(number(1.003)).toBe("1.003");
    expect(number(12.345)).toBe("12.35");
    expect(number(123.45)).toBe("123.5");
    expect(number(67_228.4)).toBe("67228");
    expect(number(null)).toBe("missing");
  });

  it("put side by side what is compared, and show a figure that is missing", () => {
    const rows = [ours(1), row({ metric: "burstWallMs", unit: "ms" }), row({ peer: "plain", values: [] })];
    const lines = figuresTable(summarise(rows), { plain: "node:http" }).split("\n");
    expect(lines.map((line: string) => line.split(/ {2,}/)[2])).toEqual([
      "peer",
      "parkbench",
      "node:http",
      "parkbench",
    ]);
    expect(lines[2]).toContain("missing us");
  });
});

describe("latest.json", () => {
  const conditions = (commit: string) => ({ date: "2026-01-02", commit });
  const memory = row({ scenario: "memory", metric: "kibPerParked", params: { parked: 10_000 } });

  it("keeps what was not run, with the conditions it was measured under", () => {
    const first = merge(null, [{ scenario: "memory", rows: [memory] }], conditions("a"));
    const second = merge(first, [{ scenario: "fan-out", rows: [ours(1)] }], conditions("b"));
    expect(second.rows).toEqual([memory, ours(1)]);
    expect(second.runs).toEqual({ memory: conditions("a"), "fan-out": conditions("b") });
    expect(second).toMatchObject(conditions("b"));
    expect(second.medians).toHaveLength(2);
  });

  it("replaces all rows of a scenario that was run again, also of peers that were left out", () => {
    const first = merge(null, [{ scenario: "fan-out", rows: [ours(1), plain(2)] }], conditions("a"));
    const second = merge(first, [{ scenario: "fan-out", rows: [ours(3)] }], conditions("b"));
    expect(second.rows).toEqual([ours(3)]);
    expect(second.targets[0]).toMatchObject({ value: null });
  });

  it("can be read and written by JSON without a change", () => {
    const made = merge(null, [{ scenario: "fan-out", rows: [ours(1)] }], conditions("a"));
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });
});
