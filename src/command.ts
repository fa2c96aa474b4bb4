/** A program that does one thing and ends: its words, the environment, what it says, and its exit code. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Config, ConfigError, readConfig } from "./config.js";
import { ParkbenchError } from "./core/errors.js";

/** It was not said, or not so that it can be understood, what to do. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/**
 * Runs a program and prints what it resolves with. Whatever it throws is told on standard error, without a stack trace.
 * Exit codes: 0 done; 1 it could not be done; 2 it was not said what to do.
 */
export async function program(main: () => Promise<string>): Promise<void> {
  process.stdout.on("error", passOver);
  try {
    process.stdout.write(await main());
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`);
    process.exitCode = isMisuse(error) ? 2 : 1;
  }
}

/** How far it is, on standard error, so that what is said at the end stands alone. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

export interface Asked {
  readonly config: Config;
  /** The one word that is no flag. */
  readonly file: string;
  /** Those that were given. */
  readonly flags: ReadonlySet<string>;
}

/** A program about one file: runs `job` and prints the lines that it returns. */
export function command(
  usage: string,
  flags: readonly string[],
  job: (asked: Asked) => Promise<readonly string[]>,
): Promise<void> {
  return program(async () => {
    const asked = read(usage, flags);
    const said = asked === null ? [usage] : await job(asked);
    return said.map((line) => `${line}\n`).join("");
  });
}

/** Null: help was asked for. */
function read(usage: string, flags: readonly string[]): Asked | null {
  const options = {
    ...Object.fromEntries(flags.map((flag) => [flag, { type: "boolean" } as const])),
    help: { type: "boolean", short: "h" } as const,
  };
  const { values, positionals } = parsed(usage, { options, allowPositionals: true });
  if (values.help) return null;
  const [file, ...rest] = positionals;
  if (file === undefined || file === "" || rest.length > 0) throw new UsageError(usage);
  return { config: readConfig(process.env, { signs: false }), file, flags: new Set(Object.keys(values)) };
}

/** What `parseArgs` reads of the command line; what it does not know is a UsageError that ends with `usage`. */
export function parsed<T extends ParseArgsConfig>(usage: string, config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(`${wordsOf(error)}\n${usage}`, { cause: error });
  }
}

/** Whoever reads what is said may have seen enough, as `head` has; what was done is done. */
function passOver(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function wordsOf(error: unknown): string {
  if (error instanceof ConfigError) return error.mistakes.join("\n");
  return error instanceof Error ? error.message : String(error);
}

function isMisuse(error: unknown): boolean {
  if (error instanceof UsageError || error instanceof ConfigError) return true;
  return error instanceof ParkbenchError && error.code === "bad_request";
}
