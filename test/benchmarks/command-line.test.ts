/** What the benchmarks take on the command line, and refuse; and that there is what they take. */
import { describe, expect, it } from "vitest";
import { benchmark } from "./row.js";

const { readArguments, SCENARIOS, UsageError } = await benchmark("command-line.js");

describe("the command line", () => {
  const peers = ["parkbench", "plain", "nchan"];
  const read = (...args: string[]) => readArguments(args, peers);

  it("asks for everything unless it says what", () => {
    expect(read()).toMatchObject({
      scenarios: SCENARIOS,
      peers: null,
      rounds: null,
      out: null,
      quick: false,
    });
  });

  it("takes scenarios and peers, each once and in the order of the program", () => {
    const given = read(
      "memory",
      "fan-out",
      "memory",
      "--peers",
      "nchan,parkbench",
      "--rounds",
      "5",
      "--quick",
    );
    expect(given).toMatchObject({
      scenarios: ["fan-out", "memory"],
      peers: ["parkbench", "nchan"],
      rounds: 5,
      quick: true,
    });
  });

  it.each([
    [["fanout"]],
    [["--fast"]],
    [["--rounds", "0"]],
    [["--rounds", "x"]],
    [["--rounds", "1.5"]],
    [["--rounds"]],
    [["--peers", "plain,"]],
    [["--peers", "apache"]],
    [["--out", ""]],
    [["--quick=yes"]],
  ])("refuses %j", (args) => {
    expect(() => read(...args)).toThrow(UsageError);
  });
});

describe("a scenario", () => {
  it.each(SCENARIOS as string[])(
    "is there by its name, and says what it does with whom: %s",
    async (name) => {
      const { scenario } = await benchmark(`scenarios/${name}.js`);
      expect(scenario.name).toBe(name);
      expect(scenario.summary.length).toBeGreaterThan(20);
      expect(scenario.peers).toContain("parkbench");
      expect(scenario.rounds).toBeGreaterThan(0);
    },
  );
});
