/** A program that does one thing and ends: its words, the environment, what it says, and its exit code. */
import { parseArgs } from "node:util";
import { type Config, ConfigError, readConfig } from "./config.js";

export interface Asked {
  readonly config: Config;
  /** The one word that is no flag. */
  readonly file: string;
  /** Those that were given. */
  readonly flags: ReadonlySet<string>;
}

/**
 * Runs `job` and prints the lines that it returns. Whatever it throws is told on standard error, without a stack trace,
 * and the exit code is 1.
 */
export async function command(
  usage: string,
  flags: readonly string[],
  job: (asked: Asked) => Promise<readonly string[]>,
): Promise<void> {
  try {
    const asked = read(usage, flags);
    const said = asked === null ? [usage] : await job(asked);
    process.stdout.write(said.map((line) => `${line}\n`).join(""));
  } catch (error) {
    const lines =
      error instanceof ConfigError
        ? error.mistakes
        : [error instanceof Error ? error.message : String(error)];
    process.stderr.write(lines.map((line) => `${line}\n`).join(""));
    process.exitCode = 1;
  }
}

/** Null: help was asked for. */
function read(usage: string, flags: readonly string[]): Asked | null {
  const options = Object.fromEntries([...flags, "help"].map((flag) => [flag, { type: "boolean" } as const]));
  const { values, positionals } = parse(usage, options);
  if (values.help) return null;
  const [file, ...rest] = positionals;
  if (file === undefined || file === "" || rest.length > 0) throw new Error(usage);
  return { config: readConfig(process.env), file, flags: new Set(Object.keys(values)) };
}

function parse(usage: string, options: Record<string, { type: "boolean" }>) {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error });
  }
}
