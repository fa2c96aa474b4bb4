/** A line that a newcomer pastes into a shell, running. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nowMs } from "./parked.js";
import type { ServerProcess } from "./server.js";

export interface Pasted {
  /** What it has printed so far. */
  output(): string;
  /** curl's own account of what it sent and got, as `curl -v` shows it. */
  account(): string;
  /** Null while it runs. */
  code(): number | null;
  /** When it ended, in ms since 1970 with fractions. Rejects unless it ended with 0. */
  readonly ended: Promise<number>;
  stop(): void;
}

/** Runs it byte for byte in the server's folder; curl finds that server where the documents say one listens. */
export function paste(line: string, server: ServerProcess): Pasted {
  writeFileSync(
    join(server.folder, ".curlrc"),
    `verbose\nnoproxy = "*"\nconnect-to = "127.0.0.1:3000:127.0.0.1:${server.port}"\n`,
  );
  const child = spawn("bash", ["-c", line], {
    cwd: server.folder,
    env: { ...process.env, CURL_HOME: server.folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let account = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk));
  child.stderr.on("data", (chunk: Buffer) => (account += chunk));
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(nowMs()) : reject(new Error(`${line}: ${code ?? "stopped"}\n${account}`)),
    );
  });
  // Whoever awaits it hears of a failure; a line that the test stops is no failure.
  ended.catch(() => {});
  return {
    output: () => output,
    account: () => account,
    code: () => child.exitCode,
    ended,
    stop: () => void child.kill(),
  };
}
