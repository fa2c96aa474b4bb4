// The scene of a restart: everybody is sent away at once, comes back at once, and must get each message exactly once.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import Database from "better-sqlite3";
import { Reader } from "./reader.js";
import { bystander, spread, until } from "./sockets.js";

const GROW_AT_ONCE = 200;

export async function restart({ start, say, scale, folder }) {
  const count = Math.round(10_000 * scale);
  const port = await freePort();
  let server = await start({ port });
  const { next } = await (await fetch(`${server.url}/poll?since=now&wait=0`)).json();
  const readers = Array.from({ length: count }, () => new Reader(port, next));
  const parked = () => readers.filter(({ isAsking }) => isAsking).length;
  for (let n = 0; n < count; n += GROW_AT_ONCE) {
    for (const reader of readers.slice(n, n + GROW_AT_ONCE)) reader.go();
    await until(() => parked() >= Math.min(count, n + GROW_AT_ONCE), "all connected");
  }
  await settled(server.url);
  const before = await server.measure();
  say(`${count} readers parked; memory ${mib(before)} MiB`);

  let sent = 0;
  const sendOne = () => {
    sent += 1;
    return send(server.url, sent);
  };
  const hasAll = () => until(() => readers.every(({ number }) => number === sent), "everybody has all", 60);
  for (let n = 0; n < 3; n += 1) await sendOne();
  await hasAll();

  const stoppedAt = performance.now();
  const stopped = server.stop();
  const code = await stopped;
  say(
    `stopped with ${code} after ${seconds(stoppedAt)} s; everybody was told when to come back: ${retriesOf(readers)}`,
  );
  // By another program, while there is no server.
  sent += 1;
  insert(folder, sent);
  const startedAt = performance.now();
  server = await start({ port });
  const listensAt = performance.now();
  const cpuBefore = (await server.measure()).cpuMs;
  const meanwhile = bystander(server.url, "lobby");
  say(`started again after ${seconds(startedAt)} s`);
  const sending = (async () => {
    for (let n = 0; n < 10; n += 1) {
      await sendOne();
      await new Promise((done) => setTimeout(done, 300));
    }
  })();
  await until(() => parked() === count, "all are back", 60);
  await settled(server.url);
  say(`all back and parked ${seconds(listensAt)} s after the server listened`);
  await sending;
  await hasAll();
  await until(() => parked() === count, "all are parked again", 60);
  const { health, sends, failed } = await meanwhile();
  const after = await server.measure();
  say(
    `memory ${mib(after)} MiB; CPU ${Math.round(after.cpuMs - cpuBefore)} ms; longest event-loop delay ${Math.round(after.delayMaxMs)} ms; highest load level ${server.loadMax()}`,
  );
  say(
    `others meanwhile: healthz median ${health.medianMs} ms, worst ${health.worstMs} ms; sends median ${sends.medianMs} ms, worst ${sends.worstMs} ms; failed ${failed.length}`,
  );
  const lost = sum(readers, ({ lost: rows, number }) => rows + sent - number);
  const doubled = sum(readers, (reader) => reader.doubled);
  say(
    `${sent} messages to ${count} readers: lost rows ${lost}, doubled rows ${doubled}; connections that failed meanwhile ${sum(readers, ({ failures }) => failures)}`,
  );
  for (const reader of readers) reader.end();
  await server.stop();
  if (lost + doubled + failed.length > 0) throw new Error("a promise was broken");
}

async function send(url, number) {
  const body = new URLSearchParams({
    name: "Ana",
    text: `number ${number}`,
    nonce: `n${number}-${Math.random().toString(36).slice(2)}`,
  });
  const { status } = await fetch(`${url}/send`, { method: "POST", body });
  if (status !== 201) throw new Error(`a send was answered with ${status}`);
}

function insert(folder, number) {
  const db = new Database(`${folder}/parkbench.db`);
  db.prepare("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'cron', ?)").run(
    `number ${number}`,
  );
  db.close();
}

/** Answered behind all that came before. */
async function settled(url) {
  for (let n = 0; n < 2; n += 1) await (await fetch(`${url}/healthz`)).text();
}

/** How many were told to come back in each half second. */
function retriesOf(readers) {
  const halves = Array(6).fill(0);
  for (const { retryMs } of readers) halves[Math.min(5, Math.floor((retryMs ?? 0) / 500))] += 1;
  const { worstMs } = spread(readers.map(({ retryMs }) => retryMs ?? 0));
  return `${halves.join(", ")} in each half second, at most ${worstMs} ms`;
}

/**
 * Below the ports that systems give to outgoing connections: a client that tries again while the server is away could
 * otherwise be given that very port, connect to itself and keep the server out.
 */
function freePort() {
  return new Promise((done) => {
    const port = randomInt(15_000, 30_000);
    const probe = createServer().once("error", () => done(freePort()));
    probe.listen(port, "127.0.0.1", () => probe.close(() => done(port)));
  });
}

const sum = (readers, of) => readers.reduce((total, reader) => total + of(reader), 0);
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(2);
const mib = ({ rssBytes }) => Math.round(rssBytes / 1024 / 1024);
