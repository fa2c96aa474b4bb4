/** kill -9 at random moments during sends: what was acknowledged is there once, and readers miss nothing. */
import { join } from "node:path";
import { expect } from "vitest";
import { runKills } from "../support/kill-run.js";
import { test } from "../support/own-server.js";
import { judge } from "../support/verdict.js";

/** The long form: `npm run test:kill`. A run is repeated by its seed, as far as two processes can be. */
const KILLS = Number(process.env.KILLS ?? 12);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** A run in which too little happened has shown nothing either way: another one, of the next seed, is to show it. */
const RUNS_MAX = 3;

test(`after ${KILLS} kills every acknowledged message is there once, and every reader has an exact slice of the log`, {
  timeout: 30_000 + RUNS_MAX * KILLS * 3_000,
}, async ({ folder }) => {
  let run = 0;
  const next = async () => {
    const seed = SEED + run++;
    const verdict = judge(await runKills({ folder: join(folder, `run-${run}`), kills: KILLS, seed }));
    console.log(`SEED=${seed} ${verdict.outcome} ${JSON.stringify(verdict.counts)}`);
    return verdict;
  };
  let verdict = await next();
  while (verdict.outcome === "INCONCLUSIVE" && run < RUNS_MAX) verdict = await next();
  expect(verdict.faults).toEqual([]);
  expect(verdict.outcome).toBe("kept");
});
