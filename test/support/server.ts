/** A real server process on a port of its own, over a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../dist/server.js", import.meta.url));

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly database: string;
  readonly child: ChildProcess;
  /** Everything it has written so far, stdout and stderr. */
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** Sends a signal and waits for the end. Default SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface ServerOptions {
  /** Given: the folder is the caller's to remove. */
  readonly folder?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The program and its arguments, in place of `node dist/server.js`. */
  readonly command?: readonly [string, ...string[]];
  readonly detached?: boolean;
  /** Told of the process before it listens. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "parkbench-"));
}

/** Starts the built server and resolves when it says that it listens; rejects with its output when it ends instead. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const folder = options.folder ?? makeFolder();
  const database = join(folder, "parkbench.db");
  const [program, ...args] = options.command ?? [process.execPath, PROGRAM];
  const child = spawn(program, args, {
    // As slow as the machine may be: who is parked is to stay so.
    env: {
      ...process.env,
      LIMIT_TURN_WAIT_MS: "0",
      PORT: String(options.port ?? 0),
      DATABASE_URL: database,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: options.detached ?? false,
  });
  options.onSpawn?.(child);
  let output = "";
  const exited = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => {
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
      resolve(code ?? signal ?? "gone");
    });
  });
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
      const match = /listens on (http:\/\/\S+)/.exec(output);
      if (match?.[1]) resolve(match[1]);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    void exited.then((code) =>
      reject(new Error(`The server ended with ${code} before it listened:\n${output}`)),
    );
  });
  return {
    url,
    port: Number(new URL(url).port),
    folder,
    database,
    child,
    output: () => output,
    exited,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
  };
}
