/** Throw-away PostgreSQL clusters on free ports, run by an ordinary user, and fresh databases in them. */
import { execFileSync, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./free-port.js";

const VERSIONS = "/usr/lib/postgresql";

/** The folder of the newest installed server's programs, or null. */
export function postgresPrograms(): string | null {
  if (!existsSync(VERSIONS)) return null;
  const newestFirst = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  // A client's package has a folder, too, and may be newer.
  const folders = newestFirst.map((version) => join(VERSIONS, version, "bin"));
  return folders.find((folder) => existsSync(join(folder, "initdb"))) ?? null;
}

export interface Cluster {
  readonly port: number;
  /** Where all that it has lies. */
  readonly folder: string;
  /** The address of a database that is made now, empty. */
  database(): Promise<string>;
  /** Ends the server at once, as a crash does. */
  crash(): Promise<void>;
  /** Ends the server in order, and everybody's connections with it. */
  shutDown(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A cluster of its own, for tests that break it; all others share one (`shared-postgres.ts`). */
export async function startCluster(settings: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const programs = postgresPrograms();
  if (!programs) throw new Error("PostgreSQL is not installed (apt-get install postgresql)");
  const folder = mkdtempSync(join(tmpdir(), "parkbench-pg-"));
  const as = ordinaryUser();
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid ?? as.uid);
  const data = join(folder, "data");
  const made = spawnSync(
    join(programs, "initdb"),
    [
      "--pgdata",
      data,
      "--username",
      "chat",
      "--auth",
      "trust",
      "--encoding",
      "UTF8",
      "--no-locale",
      "--no-sync",
    ],
    { ...as, cwd: folder },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const given = Object.entries(settings).map(([name, value]) => ` -c ${name}=${value}`);
  const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1${given.join("")}`;
  const control = (...args: readonly string[]) =>
    run(join(programs, "pg_ctl"), ["--pgdata", data, "--wait", ...args], { ...as, cwd: folder });
  const start = () => control("start", "--log", join(folder, "log"), "--options", options);
  const crash = () => control("stop", "--mode", "immediate");
  await start();
  let databases = 0;
  return {
    port,
    folder,
    async database() {
      databases += 1;
      const name = `chat${databases}`;
      const client = new pg.Client({ host: "127.0.0.1", port, user: "chat", database: "postgres" });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return `postgres://chat@127.0.0.1:${port}/${name}`;
    },
    start,
    crash,
    shutDown: () => control("stop", "--mode", "fast"),
    stop: () => stopCluster(folder),
  };
}

/** A server that follows another one, and can be promoted; as up to date as that is when this resolves. */
export async function startStandby(primary: Cluster): Promise<Pick<Cluster, "port" | "stop">> {
  const programs = postgresPrograms() ?? "";
  const folder = mkdtempSync(join(tmpdir(), "parkbench-pg-"));
  const as = ordinaryUser();
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid ?? as.uid);
  const data = join(folder, "data");
  const from = ["--host", "127.0.0.1", "--port", String(primary.port), "--username", "chat"];
  const copy = ["--pgdata", data, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync", ...from];
  await run(join(programs, "pg_basebackup"), copy, { ...as, cwd: folder });
  const port = await freePort();
  const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`;
  const start = ["--pgdata", data, "--wait", "start", "--log", join(folder, "log"), "--options", options];
  await run(join(programs, "pg_ctl"), start, { ...as, cwd: folder });
  return { port, stop: () => stopCluster(folder) };
}

/** Ends the server of a folder, also one that another process has started, and removes all of it. */
export async function stopCluster(folder: string): Promise<void> {
  const options = { ...ordinaryUser(), cwd: folder };
  const programs = postgresPrograms() ?? "";
  const stop = ["--pgdata", join(folder, "data"), "--wait", "stop", "--mode", "immediate"];
  await run(join(programs, "pg_ctl"), stop, options).catch(() => {}); // It may have been stopped before.
  rmSync(folder, { recursive: true, force: true });
}

/** Not waiting for its output: the server that it leaves behind holds that open. */
async function run(program: string, args: readonly string[], options: SpawnOptions): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: "ignore" });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
}

/** PostgreSQL and PgBouncer refuse to be run by root. */
export function ordinaryUser(): Pick<SpawnOptions, "uid" | "gid"> {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
