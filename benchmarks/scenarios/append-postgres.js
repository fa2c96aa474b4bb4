/** Rows a second that PostgreSQL takes through Parkbench's append, and through plain INSERTs of as many rows at once. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LOAD_CORE, pinned } from "../machine/cores.js";
import { postgresMissing, startPostgres } from "../machine/postgres.js";

/** Appends that wait at once: what arrives while a group is committed makes the next. For INSERT the rows of one statement. */
const WAITING = [1, 16, 64];
const FULL = { warmUpS: 1, measuredS: 2 };
const QUICK = { warmUpS: 0.3, measuredS: 0.5 };
const program = fileURLToPath(new URL("../load/appends.js", import.meta.url));

export const scenario = {
  name: "append-postgres",
  summary: `rows flushed by PostgreSQL, ${WAITING.join(", ")} of them waiting at once`,
  peers: ["parkbench", "insert"],
  rounds: 5,
  quick: { rounds: 1 },
  missing: postgresMissing,

  async run({ rounds, quick, peers, say }) {
    const values = new Map();
    const server = await startPostgres();
    try {
      for (let round = 1; round <= rounds; round++) {
        say(`round ${round}/${rounds}, ${peers.join(" and ")} in turn`);
        // In each round another one goes first: what the one before leaves behind hits all alike.
        const order = round % 2 === 1 ? peers : peers.toReversed();
        const steps = WAITING.flatMap((waiting) => order.map((peer) => ({ peer, waiting })));
        for (const result of await measure(server.url, {
          steps,
          serverPid: server.pid,
          ...(quick ? QUICK : FULL),
        }))
          gather(values, result);
      }
    } finally {
      await server.stop();
    }
    return { rows: [...values.values()] };
  },
};

async function measure(url, plan) {
  const args = [program, url, JSON.stringify(plan)];
  const { stdout } = await promisify(execFile)(...pinned(LOAD_CORE, process.execPath, args));
  return JSON.parse(stdout);
}

function gather(values, { peer, waiting, ...figures }) {
  const units = { rowsPerS: "/s", rowsPerCommit: "rows", serverCpuUsPerRow: "us", loadCpuUsPerRow: "us" };
  for (const [metric, unit] of Object.entries(units)) {
    const key = `${peer} ${waiting} ${metric}`;
    const row = { scenario: scenario.name, peer, params: { waiting }, metric, unit, values: [] };
    if (!values.has(key)) values.set(key, row);
    values.get(key).values.push(figures[metric]);
  }
}
