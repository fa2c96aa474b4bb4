/** A test that tortures for some seconds: a run in which too little happened is followed by another. */
import { expect, test } from "vitest";
import type { Verdict } from "./judge.js";
import { type TortureOptions, torture } from "./main.js";

/** A run is repeated by its seed (`npm run torture`), as far as processes that have their own time can be. */
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** A run in which too little happened has shown nothing either way: another one, of the next seed, is to show it. */
const RUNS_MAX = 3;
/** A machine that has little time comes to each act later. */
const LONGER = 3;

export function tortured(title: string, options: Omit<TortureOptions, "seed">): void {
  test(title, { timeout: 600_000 }, async () => {
    let verdict: Verdict | null = null;
    for (let run = 0; run < RUNS_MAX; run++) {
      const { line, ...found } = await torture({
        ...options,
        seed: SEED + run,
        secondsMax: LONGER * options.seconds,
      });
      console.log(line);
      verdict = found;
      if (verdict.outcome !== "INCONCLUSIVE") break;
    }
    expect(verdict?.faults).toEqual([]);
    expect(verdict?.outcome).toBe("PASS");
  });
}
