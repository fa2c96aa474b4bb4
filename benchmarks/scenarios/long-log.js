/** The same polls on a log of ten million rows and on one of ten thousand: does a long history cost anything? */
import { spawn } from "node:child_process";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { startLoad } from "../load/load.js";
import { LOAD_CORE, pinned } from "../machine/cores.js";
import { startServer } from "../machine/server-process.js";
import { settled } from "../machine/settle.js";
import { PEERS } from "../servers/index.js";

const SHORT_ROWS = 10_000;
const LONG_ROWS = 10_000_000;
const LONG_ROWS_QUICK = 200_000;

const CONNECTIONS = 8;
/** 0: up to date. 50: of the asked room's own rows, which lie far apart, as a hundred rooms are written in turn. */
const ROWS_BACK = [50, 0];
const FULL = { slices: 8, count: 2500 };
const QUICK = { slices: 2, count: 1000 };

const ROOMS = 100;
const ROWS_PER_INSERT = 1_000_000;
/** Part of a kept log's folder name: raise it when FILL changes. The schema is brought up to date by the product. */
const FILLING = 1;

/** Every hundredth row is in the lobby, and each has some 60 characters. */
const FILL = `
  WITH RECURSIVE numbers (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)
  INSERT INTO messages (room, author_name, text, at)
  SELECT
    CASE n % ${ROOMS} WHEN 0 THEN 'lobby' ELSE printf('room-%02d', n % ${ROOMS}) END,
    printf('Writer %d', n % 977),
    printf('row %010d: hello there how are you today, is it raining?', n),
    1700000000000 + n * 40
  FROM numbers`;

export const scenario = {
  name: "long-log",
  summary: "polls with wait=0, and the start of the server, on a long log and on a short one",
  peers: ["parkbench"],
  rounds: 3,
  quick: { rounds: 1 },

  /** The logs lie in the folder `cache`, for all rounds, and with `keep` for the next run. */
  async run({ rounds, quick, say, cache, keep = false }) {
    const logs = [SHORT_ROWS, quick ? LONG_ROWS_QUICK : LONG_ROWS].map((rows) => ({
      rows,
      dir: join(cache, `${rows}-${FILLING}`),
      startMs: [],
      pollCpuUs: ROWS_BACK.map(() => []),
    }));
    try {
      for (const log of logs) await make(log, say);
      const load = await startLoad();
      try {
        for (let round = 1; round <= rounds; round++) {
          say(
            `round ${round}/${rounds}, parkbench, ${logs.map(({ rows }) => rows).join(" and ")} rows in turn`,
          );
          await measure(load, logs, quick ? QUICK : FULL);
        }
      } finally {
        await load.stop();
      }
    } finally {
      if (!keep) rmSync(cache, { recursive: true, force: true });
    }
    return { rows: logs.flatMap(rowsOf) };
  },
};

/** Both servers run, and are asked in turn, slice by slice: whatever else changes on this machine changes for both. */
async function measure(load, logs, { slices, count }) {
  const servers = [];
  try {
    for (const { dir, startMs } of logs) {
      const from = performance.now();
      // Resolves with the first answer to /readyz.
      servers.push(await startServer(PEERS.parkbench, { dir }));
      startMs.push(performance.now() - from);
    }
    const asked = await Promise.all(servers.map(({ port }, at) => pollsOf(port, logs[at].rows)));
    const usedNs = logs.map(() => ROWS_BACK.map(() => 0));
    // The first slice is the warm-up.
    for (let slice = 0; slice <= slices; slice++) {
      for (const kind of ROWS_BACK.keys()) {
        for (const [at, server] of servers.entries()) {
          const before = await settled(server);
          await load.call("closedLoop", { ...asked[at][kind], count });
          const ns = (await settled(server)) - before;
          if (slice > 0) usedNs[at][kind] += ns;
        }
      }
    }
    for (const [at, log] of logs.entries())
      for (const kind of ROWS_BACK.keys())
        log.pollCpuUs[kind].push(usedNs[at][kind] / 1000 / (slices * count));
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** What to ask for each of ROWS_BACK, once it is sure that the answer has these rows and no others. */
async function pollsOf(port, rowsInLog) {
  const ask = async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const { messages, next } = JSON.parse(await ask("/poll?limit=500&wait=0"));
  const newest = messages.at(-1).id;
  if (newest !== rowsInLog) throw new Error(`the newest of ${rowsInLog} rows is ${newest}`);
  const polls = [];
  for (const back of ROWS_BACK) {
    const path = `/poll?since=${next.replace(/^\d+/, messages.at(-1 - back).id)}&wait=0`;
    const body = await ask(path);
    const ids = (rows) => rows.map(({ id }) => id).join();
    if (ids(JSON.parse(body).messages) !== ids(messages.slice(messages.length - back)))
      throw new Error(`${path} was answered with other rows: ${body.slice(0, 300)}`);
    const bodyBytes = Buffer.byteLength(body);
    polls.push({ port, connections: CONNECTIONS, kind: "get", path, bodyBytes, expect: '{"messages":[' });
  }
  return polls;
}

function rowsOf({ rows, startMs, pollCpuUs }) {
  const row = { scenario: scenario.name, peer: "parkbench" };
  const polls = ROWS_BACK.map((rowsBack, kind) => ({
    ...row,
    metric: "pollCpuUs",
    params: { rows, rowsBack },
    unit: "us",
    values: pollCpuUs[kind],
  }));
  return [...polls, { ...row, metric: "startMs", params: { rows }, unit: "ms", values: startMs }];
}

/** In a process of its own, as SQLite would keep this one from hearing Ctrl-C. */
async function make({ rows, dir }, say) {
  const finished = join(dir, "finished");
  if (existsSync(finished)) return say(`the log of ${rows} rows is there from an earlier run`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const self = [fileURLToPath(import.meta.url), join(dir, "parkbench.db"), String(rows)];
  const [program, args] = pinned(LOAD_CORE, process.execPath, self);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.on("data", (percent) => say(`making the log of ${rows} rows: ${String(percent).trim()}`));
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      code === 0
        ? resolve()
        : reject(new Error(`making the log of ${rows} rows ended with ${code ?? signal}`)),
    );
  });
  // Last: a log that was broken off must not be taken for a whole one.
  writeFileSync(finished, "");
}

async function fill(file, rows) {
  // The product's own schema, by its own hand.
  const { openStore } = await import("../../dist/store/open.js");
  await (await openStore({ url: file })).close();
  const db = new Database(file);
  // Nothing need survive a crash here: what is not finished is thrown away.
  for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"]) db.pragma(pragma);
  const room = db.prepare("INSERT INTO rooms (name, title) VALUES (:name, :name)");
  for (let n = 1; n < ROOMS; n++) room.run({ name: `room-${String(n).padStart(2, "0")}` });
  const insert = db.prepare(FILL);
  for (let first = 1; first <= rows; first += ROWS_PER_INSERT) {
    const last = Math.min(first + ROWS_PER_INSERT - 1, rows);
    insert.run({ first, last });
    process.stdout.write(`${Math.round((last / rows) * 100)} %\n`);
  }
  db.pragma("journal_mode = WAL");
  db.close();
  // Or the kernel would write it out while the polls are measured.
  const written = openSync(file, "r+");
  fsyncSync(written);
  closeSync(written);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await fill(process.argv[2], Number(process.argv[3]));
