/** latest.json: what one run adds to what was measured before. */
import { judge } from "./judge.js";
import { summarise } from "./rows.js";
import { TARGETS } from "./targets.js";

/**
 * A scenario's rows are replaced together, all peers of it: ratios are only good within one run. What was not run stays,
 * with the conditions under which it was measured in `runs`.
 *
 * @param {object | null} before what latest.json held
 * @param {{ scenario: string, rows: import("./rows.js").Row[] }[]} results of this run
 * @param {object} conditions date, node, cpu, cores, kernel, commit, command
 */
export function merge(before, results, conditions) {
  const fresh = new Set(results.map(({ scenario }) => scenario));
  const kept = (before?.rows ?? []).filter(({ scenario }) => !fresh.has(scenario));
  const rows = [...kept, ...results.flatMap((result) => result.rows)];
  const runs = { ...before?.runs, ...Object.fromEntries([...fresh].map((name) => [name, conditions])) };
  const medians = summarise(rows);
  return { ...conditions, runs, rows, medians, targets: judge(medians, TARGETS) };
}
