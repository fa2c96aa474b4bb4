/** `npm run restore -- FILE`: puts a backup in the place of the database, while no server runs. */
import { resolve } from "node:path";
import { command, UsageError } from "./command.js";
import { isPostgres, pathOf } from "./store/open.js";
import { restoreSqlite } from "./store/restore-sqlite.js";

const USAGE =
  "Usage: npm run restore -- FILE [--stopped]   (--stopped: nothing has the damaged database open, I have looked)";

await command(USAGE, ["stopped"], async ({ config, file, flags }) => {
  if (isPostgres(config.databaseUrl))
    throw new UsageError(
      'DATABASE_URL is PostgreSQL, which has its own program for this: pg_restore, into an empty database, and then "npm run new-epoch" (docs/postgresql.md).',
    );
  const path = pathOf(config.databaseUrl);
  const from = resolve(file);
  const restored = await restoreSqlite({ path, from, isStopped: flags.has("stopped") });
  const { rows, newest, epoch, aside, isAbove } = restored;
  return [
    `${path} is now what ${from} was: ${rows} messages; new ids come after ${newest}, in the new epoch ${epoch}.`,
    aside === null
      ? "There was no database before."
      : `What was there before is in ${aside}. Delete it when you are sure.`,
    ...(isAbove ? [] : ["The ids that were given after the backup are not known, and may be given again."]),
    "Everybody is signed out, and their names are free. Bans, mutes and rooms are those of the backup.",
    "Next: start the server. Clients hear that the log is another one, and go on with its newest messages.",
  ];
});
