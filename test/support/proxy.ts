/** A real proxy from the system's packages in front of a server, on a port and in a folder of its own. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { call } from "./http-client.js";
import type { ProxyConfig } from "./proxy-configs.js";
import { makeFolder } from "./server.js";

export interface Proxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Resolves when a request passes through it. */
export async function startProxy(config: ProxyConfig, port: number, serverPort: number): Promise<Proxy> {
  const folder = makeFolder();
  // Its workers may not be who started it.
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "conf"), config.text({ folder, port, serverPort }));
  const args = config.args.map((arg) => arg.replace("FOLDER", folder));
  const child = spawn(config.program ?? "", args, {
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, to end its workers with it: Apache's do not end while they hold a parked request.
    detached: true,
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      hasEnded = true;
      resolve();
    });
    child.once("error", (error) => {
      output += error.message;
      resolve();
    });
  });
  const stop = async () => {
    if (!hasEnded) endGroup(child.pid);
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !hasEnded && tries < 200 && !(await passes(url)); tries++) await pause(50);
  if (!hasEnded && (await passes(url))) return { url, stop };
  const log = join(folder, "log");
  const said = output + (existsSync(log) ? readFileSync(log, "utf8") : "");
  await stop();
  throw new Error(`${config.name} did not start:\n${said}`);
}

async function passes(url: string): Promise<boolean> {
  return call(`${url}/healthz`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended at this moment.
  }
}
