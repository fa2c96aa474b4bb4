/** A peer's server as a process of its own: started pinned, watched through the operating system, stopped with its data. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuNsOf, resetPeakOf, rssBytesOf, rssPeakBytesOf, treeOf } from "./accounting.js";
import { pinned, SERVER_CORE, SERVER_CORES } from "./cores.js";
import { freePort } from "./free-port.js";

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 5_000;
const SAID_CHARS_MAX = 4_000;

/**
 * @typedef {object} ServerProcess
 * @property {number} port
 * @property {number[]} pids all of them: a master and its workers
 * @property {() => number} cpuNs
 * @property {() => number} rssBytes
 * @property {() => number} rssPeakBytes
 * @property {() => void} resetPeak
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a peer on a free loopback port, pinned to the server's core; resolves when it answers.
 *
 * `dir` is for its data, and kept by stop() when given. `isSpread` gives it all cores that the load can spare.
 * `readyLine` must also be in what it prints: of several workers, the first to answer is not all of them.
 * @param {import("../servers/index.js").Peer} peer
 * @param {{ dir?: string, env?: Record<string, string>, isSpread?: boolean, readyLine?: string }} [options]
 * @returns {Promise<ServerProcess>}
 */
export async function startServer(peer, { dir, env, isSpread = false, readyLine } = {}) {
  const why = peer.missing();
  if (why !== null) throw new Error(`${peer.label}: ${why}`);
  if (!existsSync("/proc/self/schedstat")) throw new Error("The benchmarks read /proc: they need Linux.");
  const home = dir ?? mkdtempSync(join(tmpdir(), "parkbench-bench-"));
  const port = await freePort();
  const command = peer.command(port, home);
  mkdirSync(home, { recursive: true });
  for (const [name, text] of Object.entries(command.files ?? {})) writeFileSync(join(home, name), text);

  const [program, args] = pinned(isSpread ? SERVER_CORES : SERVER_CORE, command.command, command.args);
  const child = spawn(program, args, {
    cwd: command.cwd ?? home,
    env: { ...bareEnv(), ...command.env, ...env },
    stdio: ["ignore", readyLine ? "pipe" : "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-SAID_CHARS_MAX);
  });
  const ended = new Promise((done) => {
    child.once("error", done);
    child.once("exit", done);
  });
  const isReady = readyLine ? printed(child.stdout, readyLine) : () => true;
  const killNow = () => child.kill("SIGKILL");
  process.once("exit", killNow);

  async function stop() {
    process.off("exit", killNow);
    child.kill("SIGTERM");
    // Thousands of parked readers may take longer to be told than is worth waiting for: nothing is measured now.
    const late = setTimeout(killNow, STOP_MS_MAX);
    await ended;
    clearTimeout(late);
    if (dir === undefined) rmSync(home, { recursive: true, force: true });
  }

  try {
    await answers(port, peer.readyPath ?? "/", ended, isReady);
  } catch (error) {
    await stop();
    throw new Error(`${peer.label} did not start: ${error.message}\n${said}`);
  }
  const pids = treeOf(child.pid);
  return {
    port,
    pids,
    cpuNs: () => cpuNsOf(pids),
    rssBytes: () => rssBytesOf(pids),
    rssPeakBytes: () => rssPeakBytesOf(pids),
    resetPeak: () => resetPeakOf(pids),
    stop,
  };
}

/** No variable of whoever runs the benchmark may change what is measured (NODE_OPTIONS, LIMIT_...). */
function bareEnv() {
  const { PATH, HOME, TMPDIR } = process.env;
  const kept = Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(kept), NODE_ENV: "production" };
}

/** Asks every 3 ms, as the time to the first answer is one of the figures. */
async function answers(port, path, ended, isReady) {
  let over = false;
  const end = ended.then((why) => {
    over = true;
    throw new Error(`it ended (${why?.message ?? why})`);
  });
  end.catch(() => {});
  const until = performance.now() + START_MS_MAX;
  while (!over && performance.now() < until) {
    const status = await Promise.race([statusOf(port, path), end]);
    if (status > 0 && status < 500 && isReady()) return;
    await sleep(3);
  }
  await Promise.race([end, Promise.reject(new Error("no answer in time"))]);
}

/** Whether the line has come. Reads on to the end: a full pipe would hold up the server. */
function printed(stream, line) {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk) => {
    text = (text + chunk).slice(-SAID_CHARS_MAX);
  });
  return () => text.includes(line);
}

/** 0 when there is nobody. */
function statusOf(port, path) {
  return new Promise((done) => {
    const request = get({ host: "127.0.0.1", port, path, agent: false }, (answer) => {
      answer.resume();
      done(answer.statusCode);
    });
    request.once("error", () => done(0));
  });
}
