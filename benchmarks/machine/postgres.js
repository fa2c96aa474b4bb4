/** A throw-away PostgreSQL server on the server's core, with its own defaults: every commit is flushed. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { pinned, SERVER_CORE } from "./cores.js";
import { freePort } from "./free-port.js";

/** Where Debian and Ubuntu put it. */
const VERSIONS = "/usr/lib/postgresql";
const START_MS_MAX = 30_000;

/** Null, or why there is none here and how to get it. */
export function postgresMissing() {
  return programs() ? null : "PostgreSQL is not installed; apt-get install postgresql";
}

/** @returns {Promise<{ url: string, pid: number, stop: () => Promise<void> }>} an empty database */
export async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), "parkbench-bench-pg-"));
  const as = ordinaryUser(folder);
  const data = join(folder, "data");
  const init = ["-D", data, "-U", "bench", "--auth=trust", "--encoding=UTF8", "--no-locale"];
  const made = spawnSync(join(programs(), "initdb"), init, { ...as, cwd: folder, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const args = ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"];
  const [program, all] = pinned(SERVER_CORE, join(programs(), "postgres"), args);
  const child = spawn(program, all, { ...as, cwd: folder, stdio: "ignore" });
  const ended = new Promise((done) => child.once("exit", done));
  const url = `postgres://bench@127.0.0.1:${port}/postgres`;
  await answers(url);
  return {
    url,
    pid: child.pid,
    async stop() {
      // "Fast": connections are cut.
      child.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * An empty database while `run` has it.
 * @template T
 * @param {(server: { url: string, pid: number }) => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function withPostgres(run) {
  const server = await startPostgres();
  return run(server).finally(server.stop);
}

/** The folder of the newest one's programs, or null. */
function programs() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  const folder = newest && join(VERSIONS, newest, "bin");
  return folder && existsSync(join(folder, "initdb")) ? folder : null;
}

/** PostgreSQL refuses to be run by root; the user of that name is made by the package. */
function ordinaryUser(folder) {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  const as = { uid: id("-u"), gid: id("-g") };
  chownSync(folder, as.uid, as.gid);
  return as;
}

async function answers(url) {
  const until = performance.now() + START_MS_MAX;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(50);
    }
  }
}
