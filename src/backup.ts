/** `npm run backup -- FILE`: a consistent copy of the database, made while servers run. */
import { resolve } from "node:path";
import { command, UsageError } from "./command.js";
import { backupSqlite } from "./store/backup-sqlite.js";
import { isPostgres, pathOf } from "./store/open.js";

const USAGE = "Usage: npm run backup -- FILE [--force]   (--force replaces a FILE that is there)";

await command(USAGE, ["force"], async ({ config, file, flags }) => {
  const startedAt = performance.now();
  if (isPostgres(config.databaseUrl))
    throw new UsageError(
      'DATABASE_URL is PostgreSQL, which has its own program for this: pg_dump --format=custom --file=FILE "$DATABASE_URL" (docs/postgresql.md).',
    );
  const path = pathOf(config.databaseUrl);
  const to = resolve(file);
  const { rows, newest, bytes } = await backupSqlite({ path, to, isForced: flags.has("force") });
  const tookS = ((performance.now() - startedAt) / 1000).toFixed(1);
  return [
    `Copied ${path} to ${to}: ${rows} messages up to id ${newest}, ${bytes} bytes, checked and flushed, in ${tookS} s.`,
    `The session secret is not in it. Keep SESSION_SECRET, or ${path}.secret, in another place.`,
  ];
});
