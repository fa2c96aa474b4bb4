/** A PgBouncer in front of a PostgreSQL server, on a free port, run by an ordinary user; as docs/postgresql-faults.md has it. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, rmSync, writeFileSync } from "node:fs";
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
  writeFileSync(
    config,
    `[databases]
* = host=127.0.0.1 port=${serverPort}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${poolMode}
default_pool_size = ${poolMode === "transaction" ? 5 : 20}
logfile = ${join(folder, "log")}
`,
  );
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
