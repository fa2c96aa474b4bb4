/** A run of one of the built programs that do one thing and end: how it ended and what it said. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  /** The exit code, or the signal's name. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export function runProgram(
  name: "backup" | "restore" | "new-epoch" | "move",
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const program = fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "gone", stdout, stderr }));
  });
}
