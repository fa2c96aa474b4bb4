/** The command line of whoever owns the server: one act of moderation, or one look, at the database itself. */
import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Args, COMMANDS, helpText } from "./admin/commands.js";
import { CommandError } from "./admin/usage.js";
import { program, UsageError } from "./command.js";
import { readConfig } from "./config.js";
import { ParkbenchError } from "./core/errors.js";
import { isPostgres, openStore, pathOf } from "./store/open.js";

/** As parseArgs reads them; which command takes which is its own to say. */
const OPTIONS = {
  name: { type: "string" },
  minutes: { type: "string" },
  reason: { type: "string" },
  limit: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Servers look every 10 ms for what others have written: what is said to be done holds for the very next request. */
const HEARD_MS = 25;

await program(() => main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<string> {
  const { values, positionals } = read(argv);
  const [name = "help", ...rest] = positionals;
  if (values.help || name === "help") return helpText();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`There is no command "${name}". "npm run admin -- help" lists them.`);
  const config = readConfig(process.env, { signs: false });
  const trustsProxy =
    typeof config.trustProxy === "number" ? config.trustProxy > 0 : config.trustProxy.length > 0;
  const args: Args = { rest, values, trustsProxy };
  for (const option of Object.keys(values))
    if (!command.options.includes(option)) throw new CommandError(`"${name}" takes no --${option}.`, command);
  const work = command.prepare(args);
  const store = await openStore({ url: await existing(config.databaseUrl) });
  try {
    const said = await work(store.moderation);
    await pause(HEARD_MS);
    return `${said}\n`;
  } finally {
    await store.close();
  }
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** A wrong DATABASE_URL must not leave an empty database behind, and the owner in the belief of having acted. */
async function existing(databaseUrl: string): Promise<string> {
  if (isPostgres(databaseUrl)) {
    // Only then: a chat on a file needs no driver of PostgreSQL.
    const { findPostgres } = await import("./store/renew-postgres.js");
    await findPostgres(databaseUrl);
    return databaseUrl;
  }
  const path = pathOf(databaseUrl);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) return path;
  throw new ParkbenchError(
    "storage_failed",
    `There is no database at ${path}. Give the server's own DATABASE_URL, or start the server once.`,
  );
}
