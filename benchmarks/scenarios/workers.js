/** One server with one worker and with two: deliveries and sends a second, and the CPU of all its processes for each. */
import { startLoad } from "../load/load.js";
import { cpuNsOf } from "../machine/accounting.js";
import { isLoadCoreShared } from "../machine/cores.js";
import { startServer } from "../machine/server-process.js";
import { settled } from "../machine/settle.js";
import { PEERS } from "../servers/index.js";
import { withWorkers } from "../servers/parkbench.js";
import { withCrowd } from "./crowded.js";
import { SENDERS, sends } from "./durable-sends.js";
import { inRounds } from "./rounds.js";

/** Two workers on one core show what a second one costs; on all of them, what it brings. */
const CASES = [
  { workers: 1, cores: "one" },
  { workers: 2, cores: "one" },
  { workers: 2, cores: "all" },
];
const FULL = { parked: 5_000, warmUpS: 1.5, measuredS: 2.5 };
const QUICK = { parked: 1_000, warmUpS: 0.5, measuredS: 1, rounds: 1 };

export const scenario = {
  name: "workers",
  summary: "WORKERS=1 and 2 on SQLite: messages to 5,000 parked, one after the other, and 64 senders",
  note: isLoadCoreShared
    ? 'cores=all: the server and the load have to share them here, so that the rates of two workers are not what three cores would give; "PerCpuS" is what a second of one core gives, whoever has it.'
    : 'cores=all: all but the load\'s own. "PerCpuS" is what a second of one core gives.',
  peers: ["parkbench"],
  rounds: 2,
  quick: QUICK,

  /** @returns {Promise<{ rows: object[] }>} */
  run({ rounds, quick, peers, say }) {
    const plan = quick ? QUICK : FULL;
    return inRounds({ scenario: "workers", rounds, peers, say }, async (peer, add) => {
      for (const one of CASES) {
        const start = { ...withWorkers(one.workers), isSpread: one.cores === "all" };
        say(`WORKERS=${one.workers}, cores=${one.cores}: deliveries`);
        await deliveries(peer, start, plan, (metric, unit, value) =>
          add(metric, unit, { ...one, parked: plan.parked }, value),
        );
        say(`WORKERS=${one.workers}, cores=${one.cores}: sends`);
        await acknowledged(peer, start, plan, (metric, unit, value) =>
          add(metric, unit, { ...one, senders: SENDERS }, value),
        );
      }
    });
  },
};

function deliveries(peer, start, { parked, warmUpS, measuredS }, add) {
  return withCrowd(peer, { start }, async (server, load) => {
    await load.call("grow", { count: parked, rooms: ["lobby"] });
    await load.call("flow", { room: "lobby", seconds: warmUpS });
    const [before, workersBefore] = [await settled(server), cpuOfEach(server)];
    const flown = await load.call("flow", { room: "lobby", seconds: measuredS });
    const cpuNs = (await settled(server)) - before;
    const workersNs = cpuOfEach(server).map((ns, at) => ns - workersBefore[at]);
    await load.call("look");
    const { deliveries: count, seconds, loadCpuUs } = flown;
    rates("deliver", { count, seconds, cpuNs, loadCpuUs }, add);
    // Who takes a connection is the workers' own affair: where one has most of them, the other cannot help.
    if (workersNs.length > 1)
      add("busierWorkerShare", "%", (100 * Math.max(...workersNs)) / workersNs.reduce((sum, ns) => sum + ns));
  });
}

async function acknowledged(peer, start, { warmUpS, measuredS }, add) {
  const server = await startServer(PEERS[peer], start);
  const load = await startLoad();
  try {
    await sends(load, peer, server, {}, warmUpS);
    const before = await settled(server);
    const { requests, seconds, cpuUs } = await sends(load, peer, server, {}, measuredS);
    const cpuNs = (await settled(server)) - before;
    rates("send", { count: requests, seconds, cpuNs, loadCpuUs: cpuUs }, add);
  } finally {
    await load.stop();
    await server.stop();
  }
}

const WORDS = {
  deliver: { one: "Delivery", many: "deliveries" },
  send: { one: "Send", many: "sends" },
};

function rates(what, { count, seconds, cpuNs, loadCpuUs }, add) {
  const { one, many } = WORDS[what];
  add(`${many}PerS`, "/s", count / seconds);
  add(`cpuUsPer${one}`, "us", cpuNs / 1000 / count);
  add(`${many}PerCpuS`, "/s", count / (cpuNs / 1e9));
  add(`loadCpuUsPer${one}`, "us", loadCpuUs / count);
  // Near 100: the load could not have asked for more.
  add(`loadCoreShareOf${one}`, "%", loadCpuUs / 1e4 / seconds);
}

/** The first process is the one that starts the workers, if there are any. */
function cpuOfEach({ pids }) {
  return (pids.length > 1 ? pids.slice(1) : pids).map((pid) => cpuNsOf([pid]));
}
