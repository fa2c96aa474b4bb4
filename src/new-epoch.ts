/** `npm run new-epoch`: after pg_restore, makes the database another log than the one that clients have read. */
import { parsed, program, UsageError } from "./command.js";
import { readConfig } from "./config.js";
import { isPostgres } from "./store/open.js";
import { renewPostgres } from "./store/renew-postgres.js";

const USAGE =
  "Usage: npm run new-epoch [-- --stopped]   (--stopped: no server is connected to the database, I have looked)";

const OPTIONS = { stopped: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;

await program(main);

async function main(): Promise<string> {
  const { stopped, help } = parsed(USAGE, { options: OPTIONS }).values;
  if (help) return `${USAGE}\n`;
  const { databaseUrl } = readConfig(process.env, { signs: false });
  if (!isPostgres(databaseUrl))
    throw new UsageError(
      'DATABASE_URL is a SQLite file: "npm run restore -- FILE" gives it a new epoch itself.',
    );
  const { epoch, rows, newest } = await renewPostgres(databaseUrl, { isStopped: stopped === true });
  return [
    `The log is in the new epoch ${epoch}: ${rows} messages; new ids come after ${newest}.`,
    "The ids that were given after the dump are not known, and may be given again.",
    "Everybody is signed out, and their names are free. Bans, mutes and rooms are those of the dump.",
    "Next: start the server. Clients hear that the log is another one, and go on with its newest messages.",
    "",
  ].join("\n");
}
