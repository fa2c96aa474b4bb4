/** What many rounds come to: medians, spreads, and which figure is meant. */
import { describe, expect, it } from "vitest";
import { benchmark, row } from "./row.js";

const { find, median, paramsText, summarise } = await benchmark("report/rows.js");

describe("a median", () => {
  it.each([
    [[3], 3],
    [[10, 9, 1], 9],
    [[4, 1, 3, 2], 2.5],
    [[100, 20, 3], 20],
  ])("of %j is %d", (values, expected) => expect(median(values)).toBe(expected));

  it.each([[[]], [[1, Number.NaN, 3]], [[1, Number.POSITIVE_INFINITY]], [[undefined]], [[null]], [["1"]]])(
    "of %j is missing, and not the median of the rest",
    (values) => expect(median(values)).toBeNull(),
  );

  it("leaves the values as they were", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe("a figure", () => {
  it("has its spread, and how many rounds it is of", () => {
    const [figure] = summarise([row({ values: [12, 8, 10] })]);
    expect(figure).toMatchObject({ median: 10, min: 8, max: 12, rounds: 3, unit: "us", peer: "parkbench" });
  });

  it("is found whatever order its parameters have", () => {
    const figures = summarise([row({ params: { held: false, parked: 10_000 } })]);
    expect(find(figures, row())?.median).toBe(10);
    expect(paramsText({ b: 2, a: 1 })).toBe("a=1 b=2");
  });

  it.each([
    ["peer", { peer: "plain" }],
    ["metric", { metric: "burstWallMs" }],
    ["scenario", { scenario: "memory" }],
    ["value of a parameter", { params: { parked: 5000, held: false } }],
    ["parameter more", { params: { parked: 10_000, held: false, signedIn: true } }],
    ["parameter less", { params: { parked: 10_000 } }],
  ])("of another %s is not taken for it", (_what, other) => {
    expect(find(summarise([row(other)]), row())).toBeNull();
  });
});
