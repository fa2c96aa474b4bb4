/** Looks whether a PostgreSQL server is set to keep what it has acknowledged. */
import type { ClientBase } from "pg";
import type { Logger } from "../core/logger.js";

/** What each of them is for, a crash or a power cut takes messages that were acknowledged, or the database. */
const MUST_BE_ON = ["fsync", "full_page_writes", "synchronous_commit"];

/** Warns of each setting that is off: it may be meant, on a machine for tests. */
export async function warnOfSettings(client: ClientBase, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM pg_settings WHERE setting = 'off' AND name = ANY($1) ORDER BY name",
    [MUST_BE_ON],
  );
  for (const { name } of rows)
    logger.warn({}, `PostgreSQL's ${name} is off: a crash may take messages that were acknowledged`);
}
