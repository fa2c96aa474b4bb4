// What the model of many machines is made of, measured: CPU of PostgreSQL for each statement of the log and for each
// listener of a notification, and of a server for each poll that comes back with nothing.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { cpuNsOf, treeOf } from "../../benchmarks/machine/accounting.js";
import { postgresMissing, startPostgres } from "../../benchmarks/machine/postgres.js";
import { Tail } from "../../dist/core/tail.js";
import { openPostgres } from "../../dist/store/postgres.js";
import { until } from "../hostile/sockets.js";
import { repolls } from "./repolls.js";

const STATEMENTS = 2000;
const GROUPS = [1, 16, 64];
/** PostgreSQL as shipped takes 100 connections, three of them for its owner. */
const LISTENERS = [1, 10, 30, 90];
const NOTIFIERS = 4;
const SECONDS = 2;
const STORES = [1, 3, 10];
const MESSAGES = 100;
const MESSAGE_EVERY_MS = 30;

const AUTHOR = { id: 7, name: "Bench" };
const TEXT = "hello there how are you today, and is it raining where you are";
/** Word for word what `store/postgres.ts` says. */
const NOTIFY = "BEGIN; SET LOCAL synchronous_commit = off; NOTIFY parkbench, ''; COMMIT";

/** Prints as it goes. */
export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), "parkbench-scale-"));
  process.env.TMPDIR = folder;
  // PostgreSQL lies in there, and when root runs this, it is run by another user, who must get through.
  chmodSync(folder, 0o711);
  try {
    const missing = postgresMissing();
    if (missing) console.log(missing);
    else await onPostgres();
    await repolls(folder, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onPostgres() {
  const server = await startPostgres();
  try {
    await statements(server);
    for (const count of LISTENERS) await notifications(server, count);
    for (const count of STORES) await together(server, count);
  } finally {
    await server.stop();
  }
}

async function statements({ url, pid }) {
  const store = await openPostgres({ url });
  const { log } = store;
  const append = (room = "lobby") =>
    log.append({ room, author: AUTHOR, text: TEXT, nonce: Math.random().toString(36).slice(2) });
  for (let n = 0; n < 300; n += 1) await append();
  for (const rows of GROUPS) {
    const commits = Math.ceil(STATEMENTS / 4);
    const figures = await costs(pid, commits, () =>
      Promise.all(Array.from({ length: rows }, () => append())),
    );
    say(`a commit of ${rows} rows`, figures);
  }
  const newest = await log.newest();
  for (const rows of [1, 16, 256])
    say(
      `a read that finds ${rows} rows`,
      await costs(pid, STATEMENTS, () => log.since("all", newest - rows, 500)),
    );
  say("a look at the end of the log", await costs(pid, STATEMENTS, () => log.newest()));
  await store.close();
}

/** One after the other, warm: CPU microseconds of PostgreSQL and of this process for each, and how long each took. */
async function costs(pid, count, job) {
  for (let n = 0; n < count / 10; n += 1) await job();
  const [beganMs, serverNs, own] = [performance.now(), meter(pid), process.cpuUsage()];
  for (let n = 0; n < count; n += 1) await job();
  const { user, system } = process.cpuUsage(own);
  return {
    serverUs: serverNs() / 1000 / count,
    processUs: (user + system) / count,
    wallUs: ((performance.now() - beganMs) * 1000) / count,
  };
}

/** Says what the processes of a server have used since. Those that end meanwhile, for who was connected before, are left out. */
function meter(pid) {
  const before = treeOf(pid).map((one) => [one, cpuNsOf([one])]);
  return () => {
    const left = new Set(treeOf(pid));
    return before.reduce((sum, [one, ns]) => sum + (left.has(one) ? cpuNsOf([one]) - ns : 0), 0);
  };
}

async function notifications({ url, pid }, count) {
  const clients = await Promise.all(Array.from({ length: count + NOTIFIERS }, () => connected(url)));
  const notifiers = clients.splice(0, NOTIFIERS);
  let heard = 0;
  for (const client of clients) {
    client.on("notification", () => (heard += 1));
    await client.query("LISTEN parkbench");
  }
  for (const one of [1, NOTIFIERS]) {
    const [beganMs, serverNs, own] = [performance.now(), meter(pid), process.cpuUsage()];
    let said = 0;
    heard = 0;
    const notify = async (notifier) => {
      for (; performance.now() - beganMs < SECONDS * 1000; said += 1) await notifier.query(NOTIFY);
    };
    await Promise.all(notifiers.slice(0, one).map(notify));
    await until(() => heard === said * count, "all heard");
    const { user, system } = process.cpuUsage(own);
    const perNotification = (us) => us / said;
    say(`a notification, ${one} at once, ${count} listeners`, {
      serverUs: perNotification(serverNs() / 1000),
      processUs: perNotification(user + system),
      wallUs: perNotification((performance.now() - beganMs) * 1000),
    });
  }
  await Promise.all([...clients, ...notifiers].map((client) => client.end()));
}

/** The model's claims on the real thing: several stores with a tail each, in this process. */
async function together({ url }, count) {
  const stores = await Promise.all(Array.from({ length: count }, () => openPostgres({ url })));
  let reads = 0;
  const tails = stores.map(({ log }) => new Tail(counting(log, () => (reads += 1))));
  const wokenAtMs = new Map();
  const newest = await stores[0].log.newest();
  const readers = tails.map(async (tail) => {
    for await (const { messages } of tail.follow(["lobby"], newest))
      for (const { id } of messages) wokenAtMs.set(id, performance.now());
  });
  await until(() => tails.every(({ seen }) => seen === newest), "all are parked");
  await sleep(1000);
  reads = 0;
  const storedAtMs = new Map();
  for (let n = 0; n < MESSAGES; n += 1) {
    const { message } = await stores[n % count].log.append({ room: "lobby", author: AUTHOR, text: TEXT });
    storedAtMs.set(message.id, performance.now());
    await sleep(MESSAGE_EVERY_MS);
  }
  await until(() => tails.every(({ seen }) => seen === newest + MESSAGES), "all have all");
  for (const tail of tails) tail.close();
  await Promise.all(readers);
  await Promise.all(stores.map((store) => store.close()));
  const lateMs = [...storedAtMs].map(([id, atMs]) => wokenAtMs.get(id) - atMs).sort((a, b) => a - b);
  const p50 = lateMs[lateMs.length >> 1].toFixed(1);
  console.log(
    `${count} stores with a tail each: ${reads / MESSAGES} reads a message, woken after ${p50} ms (p50)`,
  );
}

function counting(log, onRead) {
  return {
    epoch: log.epoch,
    since: (...asked) => {
      onRead();
      return log.since(...asked);
    },
    newest: () => log.newest(),
    onChange: (listener) => log.onChange(listener),
    look: () => log.look(),
  };
}

async function connected(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

function say(what, { serverUs, processUs, wallUs }) {
  const us = (figure) => (figure === undefined ? "       -" : `${figure.toFixed(0).padStart(8)}`);
  console.log(
    `${what.padEnd(48)} PostgreSQL ${us(serverUs)} us   process ${us(processUs)} us   took ${us(wallUs)} us`,
  );
}
