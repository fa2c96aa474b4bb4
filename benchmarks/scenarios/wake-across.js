/** How long a message takes to readers at another worker, at another server on the same file, at one on the same PostgreSQL. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLoad } from "../load/load.js";
import { alone } from "../machine/alone.js";
import { postgresMissing, withPostgres } from "../machine/postgres.js";
import { startServer } from "../machine/server-process.js";
import { settled } from "../machine/settle.js";
import { PEERS } from "../servers/index.js";
import { onPostgres, withWorkers } from "../servers/parkbench.js";
import { inRounds } from "./rounds.js";

const FULL = { readers: 8, perSecond: 20, warm: 20, messages: 50 };
const QUICK = { ...FULL, warm: 5, messages: 20, rounds: 1 };

/** Each starts what it needs and calls `run` with where the sender connects, and where the readers. */
const CASES = [
  { params: { parked: "same-process", store: "sqlite" }, within: sameProcess },
  { params: { parked: "other-worker", store: "sqlite" }, within: otherWorker },
  { params: { parked: "other-process", store: "sqlite" }, within: otherProcess },
  { params: { parked: "other-process", store: "postgres" }, within: otherProcessOnPostgres },
];

export const scenario = {
  name: "wake-across",
  summary:
    "from a send to 8 readers parked at the same process, another worker, another server; 20 sends a second",
  note: "Of all readers, each for itself. Below 0 from the answer: the reader had the row before the sender was told.",
  peers: ["parkbench"],
  rounds: 2,
  quick: QUICK,

  /** @returns {Promise<{ rows: object[] }>} */
  run({ rounds, quick, peers, say }) {
    const plan = quick ? QUICK : FULL;
    const why = postgresMissing();
    if (why !== null) say(`*** LEFT OUT: other servers on PostgreSQL. ${why}`);
    const cases = CASES.filter(({ params }) => params.store !== "postgres" || why === null);
    return inRounds({ scenario: "wake-across", rounds, peers, say }, async (peer, add) => {
      for (const { params, within } of cases) {
        say(`readers at ${params.parked}, ${params.store}`);
        const figures = await within(PEERS[peer], (places) => measure(PEERS[peer], places, plan));
        for (const [metric, value] of Object.entries(figures)) add(metric, "ms", params, value);
      }
    });
  },
};

async function measure({ protocol }, { sender, readers }, { readers: count, warm, ...plan }) {
  const load = await startLoad();
  try {
    const [port, readPort] = [sender.server.port, readers.server.port];
    await at(sender, () => load.call("open", { port, readPort, protocol }));
    await at(readers, () => load.call("grow", { count, rooms: ["lobby"] }));
    await load.call("wakes", { ...plan, messages: warm });
    await settled(readers.server);
    return await load.call("wakes", plan);
  } finally {
    await load.stop();
  }
}

/** Connections are made to the place's own worker, if it names one. */
function at({ server, worker }, connect) {
  return worker === undefined ? connect() : alone(server, worker, connect);
}

async function sameProcess(peer, run) {
  const server = await startServer(peer);
  return run({ sender: { server }, readers: { server } }).finally(server.stop);
}

async function otherWorker(peer, run) {
  const server = await startServer(peer, withWorkers(2));
  const [, one, other] = server.pids;
  return run({ sender: { server, worker: one }, readers: { server, worker: other } }).finally(server.stop);
}

async function otherProcess(peer, run) {
  const dir = mkdtempSync(join(tmpdir(), "parkbench-bench-"));
  return twoServers(peer, { dir }, run).finally(() => rmSync(dir, { recursive: true, force: true }));
}

function otherProcessOnPostgres(peer, run) {
  return withPostgres(({ url }) => twoServers(peer, onPostgres(url), run));
}

async function twoServers(peer, options, run) {
  const one = await startServer(peer, options);
  try {
    const other = await startServer(peer, options);
    return await run({ sender: { server: one }, readers: { server: other } }).finally(other.stop);
  } finally {
    await one.stop();
  }
}
