// What hostile or unlucky clients do, one scene each: `run({ start, say, scale })` says figures and throws when a promise breaks.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bystander, get, openMany, until } from "./sockets.js";

const KIB = 1024;
const SEND =
  "POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n";

/** Until a server has closed all of them; how long that took, in seconds. */
function allGone(sockets, what, giveUpS) {
  return until(() => sockets.every(({ destroyed }) => destroyed), what, giveUpS);
}

async function served(meanwhile, say, failedMax = 0) {
  const { health, sends, failed } = await meanwhile();
  say(
    `others meanwhile: healthz median ${health.medianMs} ms, worst ${health.worstMs} ms (${health.count} times)`,
  );
  say(
    `                  sends   median ${sends.medianMs} ms, worst ${sends.worstMs} ms (${sends.count} times)`,
  );
  if (failed.length > failedMax) throw new Error(`${failed.length} requests of others failed: ${failed[0]}`);
}

/** Every two seconds the next byte, on each. */
async function drip({ start, say, scale }, text, what) {
  const server = await start();
  const count = Math.round(2000 * scale);
  const sockets = await openMany(server.port, count, (socket) => socket.resume());
  const meanwhile = bystander(server.url);
  let at = 0;
  const dripping = setInterval(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(text[at % text.length]);
    at += 1;
  }, 2000);
  const goneS = await allGone(sockets, what, 40);
  clearInterval(dripping);
  say(`${count} connections that send ${what} byte by byte were all cut after ${goneS.toFixed(1)} s`);
  await served(meanwhile, say);
  return server.stop();
}

export const SCENES = {
  "slow-headers": (stage) => drip(stage, get("/poll?since=now", `X-Slow: ${"x".repeat(100)}`), "a head"),

  async "slow-bodies"(stage) {
    const { start, say, scale } = stage;
    const server = await start();
    const count = Math.round(2000 * scale);
    const sockets = await openMany(server.port, count, (socket) => {
      socket.resume();
      socket.write(SEND);
    });
    const meanwhile = bystander(server.url);
    const dripping = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write("x");
    }, 2000);
    const goneS = await allGone(sockets, "slow bodies", 40);
    clearInterval(dripping);
    say(`${count} connections that send a body byte by byte were all cut after ${goneS.toFixed(1)} s`);
    await served(meanwhile, say);
    await server.stop();
  },

  async idle({ start, say, scale }) {
    const server = await start();
    const count = Math.round(15_000 * scale);
    const before = await server.measure();
    const sockets = await openMany(server.port, count, (socket) => socket.resume());
    const there = await server.measure();
    // Not all that a client takes for connected has been taken by the server.
    const taken = there.files - before.files;
    say(
      `${count} connections that say nothing, of which the server has taken ${taken} now: ${((there.rssBytes - before.rssBytes) / KIB / taken).toFixed(1)} KiB each`,
    );
    const meanwhile = bystander(server.url);
    say(`all gone after ${(await allGone(sockets, "silent connections", 60)).toFixed(1)} s`);
    await served(meanwhile, say);
    const again = await openMany(server.port, count, (socket) => {
      socket.resume();
      socket.write(get("/poll?since=0&wait=0"));
    });
    await until(() => again.every(({ bytesRead }) => bytesRead > 0), "answers");
    const kept = await server.measure();
    say(
      `${count} that were answered once: ${((kept.rssBytes - before.rssBytes) / KIB / count).toFixed(1)} KiB each`,
    );
    const others = bystander(server.url);
    say(`all gone after ${(await allGone(again, "kept connections", 120)).toFixed(1)} s`);
    await served(others, say);
    const after = await server.measure();
    say(`files open: ${before.files} before, ${there.files} at most, ${after.files} now`);
    if (after.files > before.files + 20) throw new Error("connections are left behind");
    await server.stop();
  },

  /** A process that is stopped neither reads nor closes: its kernel answers for it, and nobody ever takes an answer. */
  async "half-open"({ start, say, scale }) {
    const server = await start();
    const before = await server.measure();
    const count = Math.round(3000 * scale);
    const peer = spawn(process.execPath, [PEER, String(server.port), String(count)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    process.once("exit", () => peer.kill("SIGKILL"));
    await new Promise((done) => peer.stdout.once("data", done));
    peer.kill("SIGSTOP");
    const meanwhile = bystander(server.url);
    const files = async () => (await server.measure()).files;
    const most = await files();
    const goneS = await until(async () => (await files()) <= before.files + 20, "all forgotten", 200);
    say(
      `${count} polls, streams and WebSockets of a peer that is stopped (${most} files): all forgotten after ${goneS.toFixed(1)} s`,
    );
    await served(meanwhile, say);
    peer.kill("SIGKILL");
    await server.stop();
    const [line] = server.said(/"parked":/);
    say(`parked at the stop: ${JSON.parse(line).parked}`);
    if (JSON.parse(line).parked !== 0) throw new Error("readers are left behind");
  },

  async resets({ start, say, scale }) {
    const server = await start();
    const count = Math.round(10_000 * scale);
    const before = await server.measure();
    const meanwhile = bystander(server.url);
    for (let n = 0; n < count; n += 100) {
      const sockets = await openMany(server.port, 100, (socket) => {
        socket.write(get("/poll?since=0&wait=45") + get("/poll?since=now&wait=45&room=lobby"));
      });
      for (const socket of sockets) socket.resetAndDestroy();
    }
    await served(meanwhile, say);
    await until(async () => (await server.measure()).files <= before.files + 5, "all forgotten");
    const after = await server.measure();
    say(
      `${count} connections opened, asked on and reset: ${before.files} files before, ${after.files} after; memory ${mib(before)} MiB before, ${mib(after)} after`,
    );
    await server.stop();
    const [line] = server.said(/"parked":/);
    if (JSON.parse(line).parked !== 0) throw new Error("readers are left behind");
    say("parked at the stop: 0");
  },

  /** Asks for a lot and reads none of it. */
  async "slow-readers"({ start, say, scale }) {
    const server = await start();
    const text = "z".repeat(4000);
    for (let n = 0; n < 500; n += 1) {
      const body = new URLSearchParams({ name: "Big", text: `${n} ${text}`.slice(0, 4000) });
      await fetch(`${server.url}/send`, { method: "POST", body });
    }
    const before = await server.measure();
    const count = Math.round(500 * scale);
    const paths = ["/poll?since=0&limit=500", "/events?since=0&limit=500", "/history?room=lobby&limit=500"];
    const meanwhile = bystander(server.url);
    const sockets = await openMany(server.port, count, (socket) => socket.pause());
    // Each of them four times at once; of what is answered nothing is read.
    sockets.forEach((socket, n) => {
      socket.write(get(paths[n % paths.length]).repeat(4));
    });
    let most = before;
    for (let n = 0; n < 100; n += 1) {
      await sleep(200);
      const now = await server.measure();
      if (now.rssBytes > most.rssBytes) most = now;
    }
    const cut = sockets.length - ((await server.measure()).files - before.files);
    say(
      `${count} that ask four times for 2 MB and read none: memory ${mib(before)} MiB before, ${mib(most)} at most; cut within 20 s: ${cut}`,
    );
    await served(meanwhile, say);
    for (const socket of sockets) socket.destroy();
    await server.stop();
  },
};

const PEER = fileURLToPath(new URL("./peer.js", import.meta.url));

function mib({ rssBytes }) {
  return Math.round(rssBytes / KIB / KIB);
}
