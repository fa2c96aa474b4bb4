/** Rows into PostgreSQL by Parkbench's own `append` and by plain INSERTs: a program of its own, on the load's core. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { openPostgres } from "../../dist/store/postgres.js";
import { cpuNsOf, treeOf } from "../machine/accounting.js";

const TEXT = "hello there how are you today, and is it raining where you are";
const COLUMNS = ["room", "author_name", "text", "author_id", "kind", "nonce", "data", "ref", "at"];

/**
 * How each peer writes: `start` resolves with what keeps `waiting` rows under way until `isOver`, counting each once it is
 * on disk, and with how the commits are counted.
 */
const PEERS = {
  async parkbench(url) {
    const store = await openPostgres({ url });
    const author = { id: 7, name: "Bench" };
    return {
      table: "messages",
      commits: () => store.counts.commits,
      async write(waiting, isOver, count) {
        const sender = async () => {
          while (!isOver()) {
            await store.log.append({ room: "lobby", author, text: TEXT, nonce: nonce() });
            count(1);
          }
        };
        await Promise.all(Array.from({ length: waiting }, sender));
      },
      close: () => store.close(),
    };
  },

  /** The same columns and indexes, and nothing else: no order of commits, no nonces, nobody is told. */
  async insert(url) {
    const client = await connect(url);
    let commits = 0;
    return {
      table: "plain",
      commits: () => commits,
      async write(waiting, isOver, count) {
        const sql = insertSql(waiting);
        while (!isOver()) {
          const rows = Array.from({ length: waiting }, row);
          await client.query(sql, rows.flat());
          commits += 1;
          count(waiting);
        }
      },
      close: () => client.end(),
    };
  },
};

const [, , url, json] = process.argv;
/** What is measured, in this order, each from an empty table. */
const { steps, warmUpS, measuredS, serverPid } = JSON.parse(json);

// The product's own schema, by its own hand.
await (await openPostgres({ url })).close();
const client = await connect(url);
await client.query("CREATE TABLE IF NOT EXISTS plain (LIKE messages INCLUDING ALL)");
const results = [];
for (const { peer, waiting } of steps) {
  const writer = await PEERS[peer](url);
  try {
    await empty();
    await run(writer, waiting, warmUpS);
    await empty();
    results.push({ peer, waiting, ...(await run(writer, waiting, measuredS)) });
  } finally {
    await writer.close();
  }
}
await client.end();
process.stdout.write(JSON.stringify(results));

async function run({ table, commits, write }, waiting, seconds) {
  const [startedAt, cpuBefore, commitsBefore] = [performance.now(), process.cpuUsage(), commits()];
  const pids = treeOf(serverPid);
  const serverBefore = cpuNsOf(pids);
  let rows = 0;
  await write(
    waiting,
    () => performance.now() - startedAt >= seconds * 1000,
    (more) => {
      rows += more;
    },
  );
  const tookS = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const serverNs = cpuNsOf(pids) - serverBefore;
  const { rows: found } = await client.query(`SELECT count(*)::int AS count FROM ${table}`);
  if (found[0].count !== rows)
    throw new Error(`${rows} rows were acknowledged, and ${found[0].count} are there`);
  return {
    rowsPerS: rows / tookS,
    rowsPerCommit: rows / (commits() - commitsBefore),
    serverCpuUsPerRow: serverNs / 1000 / rows,
    loadCpuUsPerRow: (user + system) / rows,
  };
}

/** And flushed: what one has left to be written must not be in the way of the next. */
async function empty() {
  await client.query("TRUNCATE messages, nonces, plain");
  await client.query("CHECKPOINT");
}

async function connect(to) {
  const client = new pg.Client({ connectionString: to });
  await client.connect();
  return client;
}

function insertSql(rows) {
  const places = Array.from({ length: rows }, (_, n) => {
    return `(${COLUMNS.map((_, column) => `$${n * COLUMNS.length + column + 1}`).join(", ")})`;
  });
  return `INSERT INTO plain (${COLUMNS.join(", ")}) VALUES ${places.join(", ")}`;
}

function row() {
  return ["lobby", "Bench", TEXT, "7", "message", nonce(), null, null, new Date()];
}

function nonce() {
  return randomBytes(16).toString("base64url");
}
