/** A PgBouncer in front of a PostgreSQL server, on a free port, by an ordinary user: with the configuration of the docs. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "./free-port.js";
import { ordinaryUser } from "./postgres.js";
import { makeFolder } from "./server.js";
import { tools } from "./tools.js";

export interface PgBouncer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startPgBouncer(
  serverPort: number,
  poolMode: "session" | "transaction",
): Promise<PgBouncer> {
  const folder = makeFolder();
  const as = ordinaryUser();
  const port = await freePort();
  const users = join(folder, "users.txt");
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(users, '"chat" ""\n');
  const own: Readonly<Record<string, string>> = {
    "*": `host=127.0.0.1 port=${serverPort}`,
    listen_port: String(port),
    auth_file: users,
    pool_mode: poolMode,
    ...(poolMode === "session" && { default_pool_size: "20" }),
  };
  const lines = configInDocs()
    .split("\n")
    .map((line) => {
      const [name = "", value] = line.split(" = ");
      return value === undefined ? line : `${name} = ${own[name] ?? value}`;
    });
  const alsoForTests = ["unix_socket_dir =", `logfile = ${join(folder, "log")}`];
  writeFileSync(config, [...lines, ...alsoForTests, ""].join("\n"));
  chmodSync(folder, 0o755);
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid ?? as.uid);
  const child = spawn(tools.pgbouncer ?? "", [config], { ...as, cwd: folder, stdio: "ignore" });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  await untilListening(child, port);
  return {
    port,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configInDocs(): string {
  const page = readFileSync(new URL("../../docs/postgresql-faults.md", import.meta.url), "utf8");
  const [, config] = /```ini\n(.*?)\n```/s.exec(page) ?? [];
  if (config === undefined) throw new Error("docs/postgresql-faults.md shows no configuration");
  return config;
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const isThere = await new Promise<boolean>((done) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        done(true);
      });
      socket.once("error", () => done(false));
    });
    if (isThere) return;
    if (child.exitCode !== null) break;
    await pause(50);
  }
  throw new Error("PgBouncer did not start");
}
