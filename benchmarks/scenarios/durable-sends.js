/** Sends from 64 connections at once: what one costs when it is on disk before it is answered, and when it is nowhere. */

import { startLoad } from "../load/load.js";
import { cpuNsOf, treeOf } from "../machine/accounting.js";
import { postgresMissing, withPostgres } from "../machine/postgres.js";
import { startServer } from "../machine/server-process.js";
import { settled } from "../machine/settle.js";
import { PEERS } from "../servers/index.js";
import { onPostgres, signIn } from "../servers/parkbench.js";

export const SENDERS = 64;
const FULL = { warmUpS: 1.5, measuredS: 3 };
const QUICK = { warmUpS: 0.5, measuredS: 1 };

/**
 * For Parkbench also with what a plain send leaves out: waking and encoding for a reader, a session to look up; and with
 * counted nonces, which land side by side in the index where random ones, as clients make them, are all over it. And on
 * PostgreSQL, which has its one core in common with the server: `cpuUsPerSend` is the server's.
 */
const VARIANTS = {
  parkbench: [{}, { readers: 1 }, { signedIn: true }, { nonces: "counted" }, { store: "postgres" }],
};

const BODY = JSON.stringify({
  name: "Bench",
  text: "hello there how are you today, and is it raining where you are",
  nonce: "{nonce}",
});

/** What shows that this very message was taken. nchan answers with no more than its counters. */
const EXPECTED = { nchan: "queued messages:" };
const PATHS = { nchan: "/pub?id=lobby" };

export const scenario = {
  name: "durable-sends",
  summary: `${SENDERS} senders on keep-alive connections, each sends when its last message is acknowledged`,
  peers: ["parkbench", "plain", "nchan", "express"],
  rounds: 3,
  quick: { rounds: 1 },

  async run({ rounds, quick, peers, say }) {
    const seconds = quick ? QUICK : FULL;
    const all = peers.flatMap((peer) => (VARIANTS[peer] ?? [{}]).map((variant) => ({ peer, variant })));
    const why = postgresMissing();
    const cases = all.filter(({ variant }) => variant.store !== "postgres" || why === null);
    if (cases.length < all.length) say(`*** LEFT OUT: Parkbench on PostgreSQL. ${why}`);
    const values = cases.map(() => []);
    const load = await startLoad();
    try {
      for (let round = 1; round <= rounds; round++) {
        for (const [at, { peer, variant }] of cases.entries()) {
          say(`round ${round}/${rounds}, ${[peer, ...Object.keys(variant)].join(" ")}`);
          const run = (database) => measure(load, peer, variant, seconds, database);
          values[at].push(await (variant.store === "postgres" ? withPostgres(run) : run()));
        }
      }
    } finally {
      await load.stop();
    }
    return { rows: cases.flatMap(({ peer, variant }, at) => rowsOf(peer, variant, values[at])) };
  },
};

/** @param {{ url: string, pid: number }} [database] */
async function measure(load, peer, variant, { warmUpS, measuredS }, database) {
  const server = await startServer(PEERS[peer], database && onPostgres(database.url));
  try {
    const headers = variant.signedIn ? await signedInHeaders(server.port) : [];
    await sends(load, peer, server, { ...variant, headers }, warmUpS);
    const databasePids = database ? treeOf(database.pid) : [];
    const before = await settled(server);
    const databaseBefore = cpuNsOf(databasePids);
    const sent = await sends(load, peer, server, { ...variant, headers }, measuredS);
    // Read when all is answered: a server that leaves work for later pays for it here.
    const cpuNs = (await settled(server)) - before;
    return {
      databaseCpuUsPerSend: (cpuNsOf(databasePids) - databaseBefore) / 1000 / sent.requests,
      cpuUsPerSend: cpuNs / 1000 / sent.requests,
      sendsPerS: sent.requests / sent.seconds,
      latencyMsP99: sent.latencyMsP99,
      loadCpuUsPerSend: sent.cpuUs / sent.requests,
    };
  } finally {
    await server.stop();
  }
}

/** The reader, if there is one, is parked before the first send and checks that it misses none. */
export async function sends(load, peer, { port }, { readers = 0, nonces, headers = [] }, seconds) {
  const params = {
    port,
    connections: SENDERS,
    kind: "send",
    path: PATHS[peer] ?? "/send",
    body: BODY,
    expect: EXPECTED[peer] ?? '"nonce":"{nonce}"',
    nonces,
    headers,
  };
  const reading = readers > 0 ? read(load, port, readers, seconds) : null;
  // Looked at below; without this, a reader that fails while the senders still run would end the program.
  reading?.catch(() => {});
  const sent = await load.call("closedLoop", { ...params, seconds });
  await reading;
  return sent;
}

async function read(load, port, readers, seconds) {
  const answer = await fetch(`http://127.0.0.1:${port}/poll?since=now&wait=0`);
  const { next } = await answer.json();
  const path = "/poll?since={since}&wait=1";
  return load.call("closedLoop", { port, connections: readers, kind: "poll", path, since: next, seconds });
}

async function signedInHeaders(port) {
  const headers = [];
  for (let sender = 0; sender < SENDERS; sender++) {
    const { cookie } = await signIn(port, `Sender ${sender}`);
    headers.push([`Origin: http://127.0.0.1:${port}`, `Cookie: ${cookie}`]);
  }
  return headers;
}

function rowsOf(peer, variant, values) {
  const params = { senders: SENDERS, ...variant };
  const row = (metric, unit) => ({
    scenario: scenario.name,
    peer,
    params,
    metric,
    unit,
    values: values.map((value) => value[metric]),
  });
  return [
    row("cpuUsPerSend", "us"),
    row("sendsPerS", "/s"),
    row("latencyMsP99", "ms"),
    // Where this is more than the server's, the rate is the generator's and not the server's.
    row("loadCpuUsPerSend", "us"),
    ...(variant.store === "postgres" ? [row("databaseCpuUsPerSend", "us")] : []),
  ];
}
