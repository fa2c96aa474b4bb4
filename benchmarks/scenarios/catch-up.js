/** Readers that come back and are some rows behind, in a room that others read: what it costs to answer each of them. */
import { startLoad } from "../load/load.js";
import { startServer } from "../machine/server-process.js";
import { settled } from "../machine/settle.js";
import { PEERS } from "../servers/index.js";
import { catchUpPlain } from "./catch-up-plain.js";
import { parkReaders } from "./parked-readers.js";
import { inRounds } from "./rounds.js";

const CONNECTIONS = 16;
/** Who is parked in the room meanwhile, so that it is an active one. */
const PARKED = 4;
/** More than anybody is behind. */
const ROWS_IN_ROOM = 300;
const TEXT = "hello there how are you today, and is it raining with you all";
const FULL = { warmUpS: 1.5, measuredS: 3 };
const QUICK = { warmUpS: 0.5, measuredS: 1 };

/** Each connection from another cursor, 35 to 65 rows back and 50 in the middle: no answer can be made once for all. */
const SPREAD = Array.from({ length: CONNECTIONS }, (_, i) => 50 - CONNECTIONS + 1 + 2 * i);

/**
 * Cold first: once somebody was parked, the server goes on following the log for a while. 100 rows are what `limit`
 * allows unless it is given; the reader is further behind, and is told that there is more.
 */
const CASES = [
  { params: { rows: 50, cold: true }, backs: [50] },
  { params: { rows: 50 }, backs: [50] },
  { params: { rows: 50, spread: true }, backs: SPREAD },
  { params: { rows: 100, limit: "default" }, backs: [250] },
];

export const scenario = {
  name: "catch-up",
  summary: `polls with a cursor some rows back, on ${CONNECTIONS} keep-alive connections`,
  peers: ["parkbench", "plain"],
  rounds: 3,
  quick: { rounds: 1 },

  async run({ rounds, quick, peers, say }) {
    const seconds = quick ? QUICK : FULL;
    const load = await startLoad();
    // Where only `plain` is asked for, too: its answers are as long as Parkbench's, which are the same in every round.
    let bodyBytes = null;
    try {
      return await inRounds({ scenario: scenario.name, rounds, peers, say }, async (peer, add) => {
        if (peer === "parkbench" || bodyBytes === null)
          bodyBytes = await withParkbench(peer === "parkbench" ? { load, seconds, say, add } : null);
        if (peer === "plain") await plain(bodyBytes, { load, seconds, say, add });
      });
    } finally {
      await load.stop();
    }
  },
};

/** Resolves with the bytes of all answers, case by case; measures only with `measuring`. */
async function withParkbench(measuring) {
  const server = await startServer(PEERS.parkbench);
  try {
    const cursors = [];
    for (let row = 0; row < ROWS_IN_ROOM; row++) cursors.push(await send(server.port));
    const found = [];
    for (const { params, backs } of CASES) {
      const paths = backs.map((back) => `/poll?since=${cursors.at(-1 - back)}`);
      const bodyBytes = await Promise.all(
        paths.map((path, i) => bytesOf(server.port, path, Math.min(backs[i], 100))),
      );
      found.push(bodyBytes);
      if (!measuring) continue;
      const readers = params.cold ? null : parkReaders(server.port, cursors.at(-1), PARKED);
      try {
        await measure(server, { ...measuring, params, paths, bodyBytes });
        await readers?.mustBeParked();
      } finally {
        readers?.leave();
      }
    }
    return found;
  } finally {
    await server.stop();
  }
}

/** It keeps nothing and has nobody parked, so cold is the same to it. */
async function plain(found, measuring) {
  for (const [at, { params }] of CASES.entries()) {
    if (params.cold) continue;
    const bodyBytes = found[at];
    const server = await startServer(catchUpPlain(bodyBytes));
    try {
      const paths = bodyBytes.map((_, n) => `/poll?n=${n}`);
      await measure(server, { ...measuring, params, paths, bodyBytes });
    } finally {
      await server.stop();
    }
  }
}

async function send(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/send`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: "Ana", text: TEXT }),
  });
  const body = await answer.json();
  if (answer.status !== 201)
    throw new Error(`a send was answered with ${answer.status}: ${JSON.stringify(body)}`);
  return body.next;
}

/** How many bytes an answer has, once it is sure that it has the right rows. */
async function bytesOf(port, path, rows) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  const text = await answer.text();
  const { messages } = JSON.parse(text);
  const first = Number.parseInt(/since=(\d+)/.exec(path)[1], 10) + 1;
  const isRight =
    messages.length === rows &&
    messages.every(({ id, text: said }, at) => id === first + at && said === TEXT);
  if (!isRight) throw new Error(`not the ${rows} rows after ${path}: ${text.slice(0, 300)}`);
  return Buffer.byteLength(text);
}

async function measure(server, { load, seconds, say, add, params, paths, bodyBytes }) {
  say(`${JSON.stringify(params)}`);
  const asked = {
    port: server.port,
    connections: CONNECTIONS,
    kind: "get",
    path: paths,
    bodyBytes,
    expect: '{"messages":[',
  };
  await load.call("closedLoop", { ...asked, seconds: seconds.warmUpS });
  const before = await settled(server);
  const { requests, cpuUs } = await load.call("closedLoop", { ...asked, seconds: seconds.measuredS });
  const cpuNs = (await settled(server)) - before;
  add("cpuUsPerCatchUp", "us", params, cpuNs / 1000 / requests);
  add("loadCpuUsPerCatchUp", "us", params, cpuUs / requests);
}
