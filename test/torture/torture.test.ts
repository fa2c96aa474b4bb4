/** A minute of torture: processes on one file, killed, stopped, frozen and cut off under writers and readers. */
import { expect, test } from "vitest";
import type { Verdict } from "./judge.js";
import { torture } from "./main.js";

/** A run is repeated by its seed (`npm run torture`), as far as processes that have their own time can be. */
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** A run in which too little happened has shown nothing either way: another one, of the next seed, is to show it. */
const RUNS_MAX = 3;

test.each([
  {
    title: "three processes on one file behind faulty hops",
    seconds: 42,
    processes: 3,
    what: "all" as const,
  },
  // The next start finds the file as the only process has left it.
  { title: "one process that is killed and killed", seconds: 14, processes: 1, what: "kill" as const },
])(
  "guarantees 1, 2, 3, 4, 6: all of them hold in $title",
  { timeout: 400_000 },
  async ({ title: _, ...options }) => {
    let verdict: Verdict | null = null;
    for (let run = 0; run < RUNS_MAX; run++) {
      const { line, ...found } = await torture({ ...options, seed: SEED + run });
      console.log(line);
      verdict = found;
      if (verdict.outcome !== "INCONCLUSIVE") break;
    }
    expect(verdict?.faults).toEqual([]);
    expect(verdict?.outcome).toBe("PASS");
  },
);
