/** What the benchmarks can be asked on the command line. */
import { parseArgs } from "node:util";

/** In the order in which they run: what the chart shows first. */
export const SCENARIOS = [
  "fan-out",
  "memory",
  "steady-chat",
  "small-rooms",
  "isolation",
  "durable-sends",
  "catch-up",
  "long-log",
  "append-postgres",
  "workers",
  "wake-across",
];

export const USAGE = `Usage: npm run bench -- [SCENARIO...] [--quick] [--rounds N] [--peers a,b] [--out DIR] [--keep]

  SCENARIO     ${SCENARIOS.join(", ")}; without any: all
  --quick      small and short, to see that it works; results go to a temporary folder
  --rounds N   how often each peer is measured, instead of what the scenario says
  --peers a,b  only these
  --out DIR    where latest.json and fan-out.svg go, instead of benchmarks/results
  --keep       leave the databases of long-log for the next run
`;

/** A mistake in what was typed; its text is for the person who did. */
export class UsageError extends Error {}

const OPTIONS = {
  quick: { type: "boolean", default: false },
  keep: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  rounds: { type: "string" },
  peers: { type: "string" },
  out: { type: "string" },
};

/**
 * Throws UsageError.
 *
 * @param {readonly string[]} args
 * @param {readonly string[]} peersKnown
 */
export function readArguments(args, peersKnown) {
  const { values, positionals } = parse(args);
  return {
    scenarios: positionals.length > 0 ? chosen("scenario", positionals, SCENARIOS) : SCENARIOS,
    peers: values.peers === undefined ? null : chosen("peer", values.peers.split(","), peersKnown),
    rounds: values.rounds === undefined ? null : roundsIn(values.rounds),
    out: values.out === undefined ? null : filled("--out", values.out),
    quick: values.quick,
    keep: values.keep,
    help: values.help,
  };
}

function parse(args) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** In the known order, each once. */
function chosen(what, names, known) {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no ${what} "${unknown}". There are: ${known.join(", ")}.`);
  return known.filter((name) => names.includes(name));
}

function roundsIn(text) {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new UsageError(`--rounds must be a whole number from 1 to 999, not "${text}".`);
}

function filled(name, text) {
  if (text !== "") return text;
  throw new UsageError(`${name} must not be empty.`);
}
