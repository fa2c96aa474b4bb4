/** A PostgreSQL database under all processes of a torture run: ended at once, cut off from them, written to by others. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { type Cluster, startCluster } from "../support/postgres.js";
import { childrenOf } from "../support/process-group.js";
import type { TortureDatabase } from "./database.js";
import type { DatabaseAct, Row, Sent } from "./history.js";

/** All processes that come back at once, on a machine that has little time for each. */
const LISTENING_MS_MAX = 20_000;
const LOOK_MS = 20;
/** How late a connection may hear of its end. */
const ENDED_MS = 500;
const LISTENERS =
  "datname = current_database() AND pid <> pg_backend_pid() AND query ~ '^(LISTEN|SELECT 1$)'";
const OTHERS = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

interface Span {
  readonly fromMs: number;
  toMs: number;
}

/** In a throw-away cluster of its own. */
export async function postgresCluster(): Promise<TortureDatabase> {
  const cluster = await startCluster();
  return new PostgresDatabase(await cluster.database(), cluster);
}

/** A database that is there, which must be empty. Its server is not ended: that would be the end of others, too. */
export async function postgresAt(url: string): Promise<TortureDatabase> {
  const database = new PostgresDatabase(url, null);
  const tables = "SELECT count(*)::int FROM pg_tables WHERE schemaname = current_schema()";
  const [[found] = [0]] = await database.ask<[number]>(tables);
  if (found > 0)
    throw new TypeError(
      "--database must name an empty database: a torture run writes to it and cuts it off.",
    );
  return database;
}

export class PostgresDatabase implements TortureDatabase {
  readonly store = "postgres";
  readonly env: Readonly<Record<string, string>>;
  readonly acts: readonly DatabaseAct[];
  readonly #url: string;
  readonly #cluster: Cluster | null;
  readonly #spans: Span[] = [];
  #foreign: pg.Client | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(url: string, cluster: Cluster | null) {
    this.#url = url;
    this.#cluster = cluster;
    this.env = { DATABASE_URL: url, SESSION_SECRET: randomBytes(16).toString("hex") };
    this.acts = cluster ? ["crash", "hang", "terminate", "deafen"] : ["terminate", "deafen"];
  }

  strike(act: DatabaseAct, downMs: number): Promise<boolean> {
    return this.undisturbed(async () => {
      const span = { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY };
      this.#spans.push(span);
      try {
        if (act === "crash") return await this.#crash(downMs);
        if (act === "hang") return await this.#hang(downMs);
        return await this.#cut(act === "deafen" ? LISTENERS : OTHERS);
      } finally {
        span.toMs = Date.now();
      }
    });
  }

  undisturbed<T>(job: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(job);
    this.#last = mine.catch(() => {});
    return mine;
  }

  wasStruck(fromMs: number, toMs: number, afterMs: number): boolean {
    return this.#spans.some((span) => span.fromMs <= toMs && fromMs <= span.toMs + afterMs);
  }

  async isListenedTo(connections: number): Promise<void> {
    const until = performance.now() + LISTENING_MS_MAX;
    for (let found = 0, most = 0; ; most = Math.max(most, found), await pause(LOOK_MS)) {
      [[found] = [0]] = await this.ask<[number]>(
        `SELECT count(*)::int FROM pg_stat_activity WHERE ${LISTENERS}`,
      );
      if (found >= connections) return;
      if (performance.now() > until) throw new Error(`only ${most} of ${connections} connections listen`);
    }
  }

  async insert({ room, text, nonce }: Sent, holdMs: number): Promise<number | null> {
    const begunAt = Date.now();
    const insert =
      "INSERT INTO messages (room, author_name, text, nonce) VALUES ($1, 'Cron', $2, $3) RETURNING id";
    try {
      const client = await this.#foreignClient();
      if (holdMs > 0) await client.query("BEGIN");
      const { rows } = await client.query<{ id: string }>(insert, [room, text, nonce]);
      if (holdMs > 0) {
        await pause(holdMs);
        await client.query("COMMIT");
      }
      return Number(rows[0]?.id);
    } catch (error) {
      if (this.wasStruck(begunAt, Date.now(), ENDED_MS)) return null;
      throw error;
    }
  }

  async rows(): Promise<readonly Row[]> {
    const found = await this.ask<[string, string, string, string | null]>(
      "SELECT id, room, text, nonce FROM messages ORDER BY id",
    );
    return found.map(([id, room, text, nonce]) => ({ id: Number(id), room, text, nonce }));
  }

  async close(isKept: boolean): Promise<string> {
    await this.#last;
    await this.#foreign?.end().catch(() => {});
    const cluster = this.#cluster;
    if (cluster && isKept) await cluster.crash();
    else await cluster?.stop();
    return cluster?.folder ?? new URL(this.#url).pathname.slice(1);
  }

  /** One statement on a connection of its own: nothing that is done to the others reaches it. */
  async ask<T extends readonly unknown[]>(sql: string): Promise<readonly T[]> {
    const client = await connect(this.#url);
    try {
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
      return rows as unknown as readonly T[];
    } finally {
      await client.end().catch(() => {});
    }
  }

  async #foreignClient(): Promise<pg.Client> {
    if (this.#foreign) return this.#foreign;
    const client = await connect(this.#url);
    client.once("end", () => {
      if (this.#foreign === client) this.#foreign = null;
    });
    this.#foreign = client;
    return client;
  }

  async #crash(downMs: number): Promise<boolean> {
    await this.#cluster?.crash();
    await pause(downMs);
    await this.#cluster?.start();
    return true;
  }

  /** All of its processes live, and do nothing: what was on its way to a commit comes there later, whoever asked for it. */
  async #hang(ms: number): Promise<boolean> {
    const [first] = readFileSync(join(this.#cluster?.folder ?? "", "data", "postmaster.pid"), "utf8").split(
      "\n",
    );
    const pids = [Number(first)];
    const signal = (name: NodeJS.Signals) => pids.forEach((pid) => void tell(pid, name));
    signal("SIGSTOP");
    // Nobody else starts one.
    pids.push(...childrenOf(Number(first)));
    signal("SIGSTOP");
    await pause(ms);
    signal("SIGCONT");
    return true;
  }

  async #cut(which: string): Promise<boolean> {
    const cut = await this.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${which}`);
    return cut.length > 0;
  }
}

/** It may have ended meanwhile. */
function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {}
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // Said by whatever is asked of it next.
  client.on("error", () => {});
  await client.connect();
  return client;
}
