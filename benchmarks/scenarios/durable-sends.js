/** Sends from 64 connections at once: what one costs when it is on disk before it is answered, and when it is nowhere. */

import { startLoad } from "../load/load.js";
import { startServer } from "../machine/server-process.js";
import { settled } from "../machine/settle.js";
import { PEERS } from "../servers/index.js";
import { signIn } from "../servers/parkbench.js";

const SENDERS = 64;
const FULL = { warmUpS: 1.5, measuredS: 3 };
const QUICK = { warmUpS: 0.5, measuredS: 1 };

/**
 * For Parkbench also with what a plain send leaves out: waking and encoding for a reader, a session to look up; and with
 * counted nonces, which land side by side in the index where random ones, as clients make them, are all over it.
 */
const VARIANTS = { parkbench: [{}, { readers: 1 }, { signedIn: true }, { nonces: "counted" }] };

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
    const cases = peers.flatMap((peer) => (VARIANTS[peer] ?? [{}]).map((variant) => ({ peer, variant })));
    const values = cases.map(() => []);
    const load = await startLoad();
    try {
      for (let round = 1; round <= rounds; round++) {
        for (const [at, { peer, variant }] of cases.entries()) {
          say(`round ${round}/${rounds}, ${[peer, ...Object.keys(variant)].join(" ")}`);
          values[at].push(await measure(load, peer, variant, seconds));
        }
      }
    } finally {
      await load.stop();
    }
    return { rows: cases.flatMap(({ peer, variant }, at) => rowsOf(peer, variant, values[at])) };
  },
};

async function measure(load, peer, variant, { warmUpS, measuredS }) {
  const server = await startServer(PEERS[peer]);
  try {
    const params = {
      port: server.port,
      connections: SENDERS,
      kind: "send",
      path: PATHS[peer] ?? "/send",
      body: BODY,
      expect: EXPECTED[peer] ?? '"nonce":"{nonce}"',
      nonces: variant.nonces,
      headers: variant.signedIn ? await signedInHeaders(server.port) : [],
    };
    await send(load, params, variant, warmUpS);
    const before = await settled(server);
    const sent = await send(load, params, variant, measuredS);
    // Read when all is answered: a server that leaves work for later pays for it here.
    const cpuNs = (await settled(server)) - before;
    return {
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
async function send(load, params, { readers = 0 }, seconds) {
  const reading = readers > 0 ? read(load, params.port, readers, seconds) : null;
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
  ];
}
