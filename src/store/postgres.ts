/** Opens a PostgreSQL database as a Store. The only importer of pg. */
import pg from "pg";
import { Counts } from "../core/counts.js";
import { LIMITS } from "../core/limits.js";
import { type Logger, silent } from "../core/logger.js";
import type { Store } from "../core/store.js";
import { CHANNEL, PostgresBell } from "./bell-postgres.js";
import { PostgresControl } from "./control-postgres.js";
import { PostgresMessageLog } from "./messages-postgres.js";
import { readMigrations } from "./migrate.js";
import { migratePostgres } from "./migrate-postgres.js";
import { PostgresModeration } from "./moderation-postgres.js";
import { Pooled } from "./pooled.js";
import { explainStart } from "./postgres-errors.js";
import { PostgresRetention } from "./retention-postgres.js";
import { PostgresRooms } from "./rooms-postgres.js";
import { PostgresSessions } from "./sessions-postgres.js";
import { warnOfSettings } from "./settings-postgres.js";
import { PostgresUsers } from "./users-postgres.js";

const MIGRATIONS = new URL("../../migrations/postgres/", import.meta.url);

const CONNECTIONS_MAX = 10;
const CONNECT_MS = 5000;
/** A commit that waits longer has no chance; the sender hears of it and tries again. */
const STATEMENT_MS = 10_000;
/** A write that nobody reads. */
const CHECK = "UPDATE log SET checked_at = greatest(checked_at + 1, $1)";

export interface PostgresOptions {
  readonly url: string;
  /** For the one connection that listens: a direct address, where `url` leads to a pooler. */
  readonly listenUrl?: string | undefined;
  readonly logger?: Logger | undefined;
  readonly now?: (() => number) | undefined;
  /** Of the text in one batch, about. */
  readonly answerBytesMax?: number | undefined;
}

export async function openPostgres({
  url,
  listenUrl = url,
  logger = silent,
  now = Date.now,
  answerBytesMax = LIMITS.answerBytesMax,
}: PostgresOptions): Promise<Store> {
  const settings = { connectionTimeoutMillis: CONNECT_MS, keepAlive: true, types: TYPES };
  const pool = new pg.Pool({
    ...settings,
    connectionString: url,
    max: CONNECTIONS_MAX,
    query_timeout: STATEMENT_MS,
  });
  // An idle connection that breaks is made anew by the pool; without a listener the process would end.
  pool.on("error", (error) => logger.warn({ err: error }, "an idle connection to the database was lost"));
  // Its own, so that a pool that is busy with writes does not keep the others from hearing of them.
  const notifier = new pg.Pool({ ...settings, connectionString: url, max: 1, query_timeout: CONNECT_MS });
  notifier.on("error", () => {});
  const client = await pool.connect().catch((error: unknown) => {
    throw explainStart(nameOf(url), error);
  });
  let epoch: string;
  try {
    await migratePostgres(client, readMigrations(MIGRATIONS), nameOf(url));
    // A standby lets a start read: only a write tells.
    const { rows } = await client.query<{ epoch: string }>(`${CHECK} RETURNING epoch`, [Date.now()]);
    await warnOfSettings(client, logger);
    epoch = String(rows[0]?.epoch);
  } catch (error) {
    void pool.end();
    void notifier.end();
    throw explainStart(nameOf(url), error);
  } finally {
    client.release();
  }
  const counts = new Counts();
  const db = new Pooled(pool, counts);
  const bell = new PostgresBell({
    connect: () => new pg.Client({ ...settings, connectionString: listenUrl }),
    notify: async () => {
      await notifier.query(`BEGIN; SET LOCAL synchronous_commit = off; NOTIFY ${CHANNEL}; COMMIT`);
    },
    logger,
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      db.close();
      await log.drain();
      await bell.close();
      await Promise.all([pool.end(), notifier.end()]);
    })();
    return closing;
  };
  const log = new PostgresMessageLog({ db, bell, counts, epoch, now, answerBytesMax, close });
  return {
    log,
    rooms: new PostgresRooms(db),
    users: new PostgresUsers(db, now),
    sessions: new PostgresSessions(db, now),
    control: new PostgresControl(db, () => bell.ring()),
    counts,
    retention: new PostgresRetention(db, now),
    moderation: new PostgresModeration({ db, ring: () => bell.ring(), now }),
    check: async () => {
      db.mustBeOpen();
      await db.run(CHECK, [Date.now()]);
    },
    // A server does not lose its database as a process loses a file: what it cannot reach it says at each statement.
    look: () => {},
    close,
  };
}

/** One connection, for a program that does one thing and ends. Rejects with what is wrong with the address. */
export async function connectPostgres(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: TYPES,
  });
  // The statement under way rejects with it.
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    throw explainStart(nameOf(url), error);
  });
  return client;
}

/** Ids and times fit into a number: the tables see to it. */
const TYPES = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser,
};

/** Without the password, for texts that people read. */
export function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
