/** The benchmarks' program: runs the scenarios that it is asked for, shows their progress, prints and keeps the results. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments, USAGE, UsageError } from "./command-line.js";
import { durationText, expectedS } from "./durations.js";
import { CORES_NOTE } from "./machine/cores.js";
import { endDescendants } from "./machine/descendants.js";
import { fanOutChart } from "./report/chart.js";
import { conditions } from "./report/conditions.js";
import { judge } from "./report/judge.js";
import { merge } from "./report/merge.js";
import { summarise } from "./report/rows.js";
import { figuresTable, targetsTable } from "./report/table.js";
import { TARGETS } from "./report/targets.js";
import { PEERS } from "./servers/index.js";

const LABELS = {
  ...Object.fromEntries(Object.entries(PEERS).map(([name, { label }]) => [name, label])),
  // No server: what append-postgres is compared with.
  insert: "plain INSERT",
};

const startedAt = performance.now();
let isEnding = false;
const options = argumentsOrUsage();
const systemTmp = tmpdir();
/** Everything temporary lies in here, so that it is gone however the run ends. */
const scratch = mkdtempSync(join(systemTmp, "parkbench-bench-"));
process.env.TMPDIR = scratch;
// PostgreSQL lies in there, too, and when root runs this, it is run by another user, who must get through.
chmodSync(scratch, 0o711);
/** Not in there: with --keep they outlast the run. */
const cache = join(systemTmp, "parkbench-bench-logs");
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => void end(130));
// Whoever read the results has gone (`| head`): without this the servers would be left behind.
process.stdout.on("error", () => void end(1));

if (CORES_NOTE) progress(`*** ${CORES_NOTE}`);
const missing = unavailable();
const run = conditions(["npm run bench --", ...process.argv.slice(2)].join(" "));
const results = [];
const failed = [];
const plan = await planOf(options.scenarios);
progress(`about ${durationText(expectedS(plan, options.quick))}, on a slower machine longer`);
for (const one of plan) await runScenario(one);
progress(`all of it took ${durationText((performance.now() - startedAt) / 1000)}`);

if (results.length > 0) {
  const figures = summarise(results.flatMap(({ rows }) => rows));
  const asked = TARGETS.filter(({ checks }) =>
    checks.some(({ of }) => options.scenarios.includes(of.scenario)),
  );
  if (asked.length > 0) print(`Targets\n${targetsTable(judge(figures, asked))}\n`);
  if (asked.length < TARGETS.length)
    print(
      `Not measured in this run: ${TARGETS.filter((one) => !asked.includes(one))
        .map(({ text }) => text)
        .join("; ")}.\n`,
    );
}
for (const text of failed) progress(`FAILED: ${text}`);
await end(failed.length > 0 || results.length === 0 ? 1 : 0);

/** What is run of each scenario: without a peer it fails when its turn comes. */
async function planOf(names) {
  const all = await Promise.all(names.map((name) => import(`./scenarios/${name}.js`)));
  const scenarios = all.filter(({ scenario }) => {
    const why = scenario.missing?.() ?? null;
    if (why !== null) progress(`*** LEFT OUT: ${scenario.name}. ${why}`);
    return why === null;
  });
  return scenarios.map(({ scenario }) => ({
    name: scenario.name,
    scenario,
    peers: scenario.peers.filter((peer) => !missing.has(peer) && (options.peers?.includes(peer) ?? true)),
    rounds: options.rounds ?? (options.quick ? (scenario.quick?.rounds ?? 1) : scenario.rounds),
  }));
}

async function runScenario({ name, scenario, peers, rounds }) {
  const at = options.scenarios.indexOf(name);
  const left = options.scenarios.slice(at + 1);
  const say = (text) =>
    progress(
      `[${at + 1}/${options.scenarios.length} ${name}] ${text}${left.length > 0 ? `  (then ${left.join(", ")})` : ""}`,
    );
  try {
    if (peers.length === 0) throw new Error("none of the peers that were asked for takes part or is here");
    say(`${scenario.summary}; ${rounds} rounds of ${peers.join(", ")}`);
    const { rows } = await scenario.run({
      rounds,
      quick: options.quick,
      peers,
      say,
      cache,
      keep: options.keep,
    });
    results.push({ scenario: name, rows });
    print(`${scenario.name}: ${scenario.summary}\n${figuresTable(summarise(rows), LABELS)}`);
    print(scenario.note ? `${scenario.note}\n` : "");
    keep();
  } catch (error) {
    // Its servers were ended by the interruption itself.
    if (isEnding) return new Promise(() => {});
    failed.push(`${name}: ${error.stack}`);
    say(`FAILED: ${error.message}`);
  }
  // A scenario that failed may have left its servers behind, and they would burn the next one's core.
  await endDescendants();
}

/** After every scenario, so that a run of many minutes that is broken off has not been for nothing. */
function keep() {
  const folder = outFolder();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "latest.json");
  const all = merge(latest(file), results, run);
  write(file, `${JSON.stringify(all, null, 2)}\n`);
  const made = all.runs["fan-out"];
  const chart = fanOutChart(
    all.rows,
    LABELS,
    made && `${made.cpu}, Node ${made.node}, ${made.date.slice(0, 10)}`,
  );
  if (chart) write(join(folder, "fan-out.svg"), chart);
  progress(`results are in ${folder}`);
}

/** A quick run says nothing about the product: it must not replace what the README shows. */
function outFolder() {
  if (options.out === null && options.quick)
    options.out = mkdtempSync(join(systemTmp, "parkbench-bench-quick-"));
  return options.out ?? fileURLToPath(new URL("results", import.meta.url));
}

function latest(file) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
  return JSON.parse(text);
}

/** Never half a file, also when the run is broken off in the middle of it. */
function write(file, text) {
  writeFileSync(`${file}.unfinished`, text);
  renameSync(`${file}.unfinished`, file);
}

/** The peers that cannot run here, said so that nobody takes their absence for a result. */
function unavailable() {
  const found = new Map();
  for (const [name, peer] of Object.entries(PEERS)) {
    if (options.peers && !options.peers.includes(name)) continue;
    const why = peer.missing();
    if (why === null) continue;
    found.set(name, why);
    progress(`*** LEFT OUT: ${name}. ${why}`);
  }
  return found;
}

function argumentsOrUsage() {
  try {
    const read = readArguments(process.argv.slice(2), Object.keys(LABELS));
    if (!read.help) return read;
    print(USAGE);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function end(code) {
  isEnding = true;
  await endDescendants();
  rmSync(scratch, { recursive: true, force: true });
  if (options.scenarios.includes("long-log") && !options.keep)
    rmSync(cache, { recursive: true, force: true });
  process.exit(code);
}

function progress(text) {
  const s = Math.round((performance.now() - startedAt) / 1000);
  process.stderr.write(`${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")} ${text}\n`);
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
