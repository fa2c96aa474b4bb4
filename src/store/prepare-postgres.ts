/** What is done once when a PostgreSQL database is opened: its schema, its settings, a first write. */
import type { ClientBase, ClientConfig } from "pg";
import type { Logger } from "../core/logger.js";
import { readMigrations } from "./migrate.js";
import { migratePostgres } from "./migrate-postgres.js";
import { refuseHalfMoved } from "./moving-in.js";
import { isRefusedSetting } from "./postgres-errors.js";
import { warnOfSettings } from "./settings-postgres.js";

export const MIGRATIONS = new URL("../../migrations/postgres/", import.meta.url);

/** A write that nobody reads. */
export const CHECK = "UPDATE log SET checked_at = greatest(checked_at + 1, $1) RETURNING epoch";

/** Bringing the schema up to date may take long; never an answer at all must still end. */
const PREPARE_MS = 900_000;
/** The server itself ends what takes longer, and then it is known that nothing was stored. */
const SERVER_BOUNDS = { statement_timeout: 10_000, lock_timeout: 2000 };

const UNBOUND =
  "DATABASE_URL leads through a pooler that takes no lock_timeout and statement_timeout: set both for the database's user " +
  "(ALTER ROLE ... SET lock_timeout = '2s'), or statements that wait for a lock stay on the server after we have given up";

export interface Prepared {
  readonly epoch: string;
  /** Of every connection, where the operator has set none and the way to the server lets them pass. */
  readonly bounds: Partial<typeof SERVER_BOUNDS>;
}

/** Does something on a connection of its own, with these settings beside the usual ones. */
type OnOne = <T>(config: ClientConfig, job: (client: ClientBase) => Promise<T>) => Promise<T>;

/** Brings the schema up to date, on a connection whose statements may take their time. `place` is for people. */
export async function preparePostgres(onOne: OnOne, place: string, logger: Logger): Promise<Prepared> {
  const bounds: Partial<typeof SERVER_BOUNDS> = {};
  const epoch = await onOne({ query_timeout: PREPARE_MS }, async (client) => {
    await migratePostgres(client, readMigrations(MIGRATIONS), place);
    await refuseHalfMoved(client, place);
    for (const [name, ms] of Object.entries(SERVER_BOUNDS)) {
      const { rows } = await client.query<{ given: string }>("SELECT current_setting($1) AS given", [name]);
      if (rows[0]?.given === "0") bounds[name as keyof typeof bounds] = ms;
    }
    await warnOfSettings(client, logger);
    // A standby lets a start read: only a write tells.
    const { rows } = await client.query<{ epoch: string }>(CHECK, [Date.now()]);
    return String(rows[0]?.epoch);
  });
  try {
    await onOne(bounds, async () => {});
    return { epoch, bounds };
  } catch (error) {
    // A pooler keeps connections of its own to the server, and takes no settings for them.
    if (!isRefusedSetting(error)) throw error;
    logger.info({}, UNBOUND);
    return { epoch, bounds: {} };
  }
}
