/** kill -9 at random moments during sends: what was acknowledged is there once, and readers miss nothing. */
import { expect } from "vitest";
import { runKills } from "../support/kill-run.js";
import { test } from "../support/own-server.js";
import { judge } from "../support/verdict.js";

/** The long form: `npm run test:kill`. A run is repeated by its seed, as far as two processes can be. */
const KILLS = Number(process.env.KILLS ?? 12);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

test(`after ${KILLS} kills every acknowledged message is there once, and every reader has an exact slice of the log`, {
  timeout: 30_000 + KILLS * 3_000,
}, async ({ folder }) => {
  const { outcome, faults, counts } = judge(await runKills({ folder, kills: KILLS, seed: SEED }));
  console.log(`SEED=${SEED} ${outcome} ${JSON.stringify(counts)}`);
  expect(faults).toEqual([]);
  expect(outcome).toBe("kept");
});
