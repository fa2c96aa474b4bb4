// Crowds that are well behaved and large: a restart that sends everybody away at once, and a room that hears everything.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { Crowd, settled } from "./crowd.js";
import { bystander, spread, until } from "./sockets.js";

/** Everybody must come back, and get each message exactly once. */
export async function restart({ start, say, scale, folder }) {
  const count = Math.round(10_000 * scale);
  const port = await freePort();
  let server = await start({ port });
  const crowd = new Crowd();
  await crowd.gather(server, count);
  say(`${count} readers parked; memory ${mib(await server.measure())} MiB`);
  for (let n = 0; n < 3; n += 1) await crowd.send(server.url);
  await crowd.haveAll();

  const stoppedAt = performance.now();
  const code = await server.stop();
  say(
    `stopped with ${code} after ${seconds(stoppedAt)} s; told when to come back: ${retriesOf(crowd.readers)}`,
  );
  const failuresBefore = crowd.sum(({ failures }) => failures);
  // By another program, while there is no server.
  crowd.sent += 1;
  insert(folder, crowd.sent);
  const startedAt = performance.now();
  server = await start({ port });
  const listensAt = performance.now();
  say(
    `started again after ${seconds(startedAt)} s; refused meanwhile: ${crowd.sum(({ failures }) => failures) - failuresBefore}`,
  );
  const cpuBefore = (await server.measure()).cpuMs;
  const meanwhile = bystander(server.url, { isSending: false });
  const sending = talk(crowd, server, 10, 300);
  await until(() => crowd.readers.every(({ connectedAt }) => connectedAt > startedAt), "all are back", 60);
  await settled(server.url);
  say(`all back ${seconds(listensAt)} s after the server listened`);
  await sending;
  await crowd.haveAll();
  await until(() => crowd.asking === count, "all are parked again", 60);
  const { cpuMs } = await end(crowd, server, meanwhile, say);
  say(`CPU of the server since its start ${Math.round(cpuMs - cpuBefore)} ms`);
}

/** A message each second to everybody: work, but no overload. */
export async function fanOut({ start, say, scale }) {
  const count = Math.round(18_000 * scale);
  const server = await start();
  const crowd = new Crowd();
  await crowd.gather(server, count);
  await sleep(8000);
  await server.measure();
  const before = server.loadMax();
  const meanwhile = bystander(server.url, { isSending: false });
  await talk(crowd, server, 20, 1000);
  await crowd.haveAll();
  say(`${count} readers, 20 messages, one each second; level of load before ${before}`);
  await end(crowd, server, meanwhile, say);
}

async function talk(crowd, server, messages, gapMs) {
  for (let n = 0; n < messages; n += 1) {
    await crowd.send(server.url);
    await sleep(gapMs);
  }
}

/** Says what it has cost, and throws when a row was lost or doubled, or somebody else was not served. */
async function end(crowd, server, meanwhile, say) {
  const { health, failed } = await meanwhile();
  const after = await server.measure();
  say(
    `memory ${mib(after)} MiB; longest event-loop delay ${Math.round(after.delayMaxMs)} ms; highest level of load ${server.loadMax()}`,
  );
  say(
    `others meanwhile: healthz median ${health.medianMs} ms, worst ${health.worstMs} ms; failed ${failed.length}`,
  );
  const { lost, doubled } = crowd.wrong;
  say(
    `${crowd.sent} messages to ${crowd.readers.length} readers: lost rows ${lost}, doubled rows ${doubled}; sends refused and sent again ${crowd.refused}`,
  );
  crowd.end();
  await server.stop();
  if (lost + doubled > 0) throw new Error("rows were lost or doubled");
  if (failed.length > 0) throw new Error(`${failed.length} requests of others failed: ${failed[0]}`);
  return after;
}

function insert(folder, number) {
  const db = new Database(`${folder}/parkbench.db`);
  db.prepare("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'cron', ?)").run(
    `number ${number}`,
  );
  db.close();
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

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(2);
const mib = ({ rssBytes }) => Math.round(rssBytes / 1024 / 1024);
