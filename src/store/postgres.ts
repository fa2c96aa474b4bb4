/** Opens a PostgreSQL database as a Store. The only importer of pg. */
import pg, { type ClientConfig } from "pg";
import { Counts } from "../core/counts.js";
import { LIMITS } from "../core/limits.js";
import { type Logger, silent } from "../core/logger.js";
import type { Store } from "../core/store.js";
import { CHANNEL, PostgresBell } from "./bell-postgres.js";
import { PostgresControl } from "./control-postgres.js";
import { PostgresMessageLog } from "./messages-postgres.js";
import { PostgresModeration } from "./moderation-postgres.js";
import { Pooled, QUICK_MS } from "./pooled.js";
import { explainStart, lost } from "./postgres-errors.js";
import { CHECK, preparePostgres } from "./prepare-postgres.js";
import { COUNTING, PostgresRates } from "./rates-postgres.js";
import { PostgresRetention } from "./retention-postgres.js";
import { PostgresRooms } from "./rooms-postgres.js";
import { PostgresSessions } from "./sessions-postgres.js";
import { PostgresUsers } from "./users-postgres.js";

const CONNECTIONS_MAX = 10;
const CONNECT_MS = 5000;
const KEEP_ALIVE_MS = 10_000;

export interface PostgresOptions {
  readonly url: string;
  /** For the one connection that listens: a direct address, where `url` leads to a pooler. */
  readonly listenUrl?: string | undefined;
  readonly logger?: Logger | undefined;
  readonly now?: (() => number) | undefined;
  /** Called once when another log has taken the place of the one that was opened: nothing is acknowledged from then on. */
  readonly onLost?: ((error: Error) => void) | undefined;
  /** Of the text in one batch, about. */
  readonly answerBytesMax?: number | undefined;
}

export async function openPostgres({
  url,
  listenUrl = url,
  logger = silent,
  now = Date.now,
  onLost,
  answerBytesMax = LIMITS.answerBytesMax,
}: PostgresOptions): Promise<Store> {
  const settings = {
    application_name: "parkbench",
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // A connection that nobody uses must not be dropped by what is between, nor be dead without anybody knowing.
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: TYPES,
  };
  const own = { ...settings, connectionString: url };
  const { epoch, bounds } = await preparePostgres(
    (config, job) => onOne({ ...own, ...config }, job),
    nameOf(url),
    logger,
  ).catch((error: unknown) => {
    throw explainStart(nameOf(url), error);
  });
  // One is held, also while nobody asks for anything: `npm run move` and `npm run new-epoch` see by it that a server is there.
  const pool = new pg.Pool({ ...own, ...bounds, max: CONNECTIONS_MAX, min: 1 });
  // An idle connection that breaks is made anew by the pool; without a listener the process would end.
  pool.on("error", (error) => logger.warn({ err: error }, "an idle connection to the database was lost"));
  // Nor may it end by one that breaks between being handed out and its first statement, or between two of a transaction.
  pool.on("connect", (client) => client.on("error", () => {}));
  // Its own, so that a pool that is busy with writes does not keep the others from hearing of them.
  const notifier = new pg.Pool({ ...own, max: 1, query_timeout: CONNECT_MS });
  notifier.on("error", () => {});
  const counts = new Counts();
  const db = new Pooled(pool, counts);
  const bell = new PostgresBell({
    connect: () => new pg.Client({ ...settings, connectionString: listenUrl, query_timeout: CONNECT_MS }),
    notify: async (payload) => {
      const quoted = pg.escapeLiteral(payload);
      await notifier.query(`BEGIN; SET LOCAL synchronous_commit = off; NOTIFY ${CHANNEL}, ${quoted}; COMMIT`);
    },
    logger,
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      db.close();
      rates.close();
      await log.drain();
      await bell.close();
      await Promise.all([pool.end(), notifier.end(), counting.end()]);
    })();
    return closing;
  };
  const onOther = () => {
    db.lose();
    const error = lost(nameOf(url));
    onLost?.(error);
    return error;
  };
  const log = new PostgresMessageLog({ db, bell, counts, epoch, now, answerBytesMax, onOther, close });
  let isLooking = false;
  const counting = new pg.Pool({ ...own, ...bounds, ...COUNTING });
  counting.on("error", () => {});
  const rates = new PostgresRates((text, values) => counting.query(text, [...values]));
  await db.read("SELECT 1", []).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    isRemote: true,
    log,
    rooms: new PostgresRooms(db),
    users: new PostgresUsers(db, now),
    sessions: new PostgresSessions(db, now),
    control: new PostgresControl(db, () => bell.ring()),
    counts,
    rates,
    retention: new PostgresRetention(db, now),
    moderation: new PostgresModeration({ db, ring: () => bell.ring(), now }),
    check: async () => {
      db.mustBeOpen();
      const [row] = await db.run<[epoch: string]>(CHECK, [Date.now()], { answerMs: QUICK_MS });
      if (row?.[0] !== epoch) throw onOther();
    },
    // Another log in this one's place is found by the tail while somebody waits, and by nobody else while nobody does.
    look: () => {
      if (isLooking || bell.isHeard) return;
      isLooking = true;
      const looked = () => {
        isLooking = false;
      };
      log.newest().then(looked, looked);
    },
    close,
  };
}

/** One connection, without a limit on its statements: for a program beside the server. Rejects with the driver's errors. */
export function connectPostgres(url: string): Promise<pg.Client> {
  return connect({
    application_name: "parkbench-command",
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
}

async function onOne<T>(config: ClientConfig, job: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(config);
  try {
    return await job(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function connect(config: ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  // A connection that is cut says so here, too, and would end the process; who waits for an answer hears of it by that.
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
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
