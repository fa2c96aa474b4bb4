/** Runs statements on pooled connections: refused after closing, bounded while they wait, errors in the store's words. */
import type { Pool, PoolClient, QueryConfig } from "pg";
import type { Counts } from "../core/counts.js";
import { asPostgresRefusal, distrusts, isBroken, isConnecting, isLate } from "./postgres-errors.js";
import { refuse } from "./refuse.js";

/** The server's own limits come first, and say what became of the statement; this is for a server that says nothing. */
const ANSWER_MS = 12_000;
/** For reads, and for writes of few rows: a connection that has gone silent is found by the first of them. */
export const QUICK_MS = 5000;
/** Waiting for a connection. Beyond it the database is not keeping up, and a refusal is better than a longer wait. */
const WAITING_MAX = 10_000;

/** `writes`: how many of those that are counted the statement holds. */
export interface RunOptions {
  readonly writes?: number;
  readonly answerMs?: number;
}

export class Pooled {
  readonly #pool: Pool;
  readonly #counts: Counts;
  readonly #bornAtMs = new WeakMap<PoolClient, number>();
  /** Connections from before are closed at their next use. */
  #trustedSinceMs = 0;
  #end: "closed" | "storage_lost" | null = null;

  constructor(pool: Pool, counts: Counts) {
    this.#pool = pool;
    this.#counts = counts;
  }

  /** One statement that writes, by itself a transaction. Rows as arrays, in the order of the columns. */
  async run<Row extends readonly unknown[]>(
    sql: string,
    values: readonly unknown[],
    { writes = 1, answerMs = ANSWER_MS }: RunOptions = {},
  ): Promise<readonly Row[]> {
    const rows = await this.#query<Row>(sql, values, answerMs);
    this.#count(writes);
    return rows;
  }

  /** Refused once the store is closing, while writes under way still run. */
  async read<Row extends readonly unknown[]>(
    sql: string,
    values: readonly unknown[],
    answerMs = QUICK_MS,
  ): Promise<readonly Row[]> {
    this.mustBeOpen();
    try {
      return await this.#query<Row>(sql, values, answerMs);
    } catch (error) {
      this.mustBeOpen();
      // A read that found a dead connection lost nothing by it: another one may be alive. Who has waited for one does not again.
      if (!isConnecting(error) || isLate(error)) throw error;
      return this.#query<Row>(sql, values, answerMs);
    }
  }

  /** Several statements as one transaction, on one connection. Rejects, undone, when the job does. */
  async transaction<T>(job: (run: Pooled["run"]) => Promise<T>): Promise<T> {
    this.mustBeOpen();
    return this.#on(async (client) => {
      // Whatever the default is: what waits for a lock must see what was done meanwhile.
      await query(client, "BEGIN ISOLATION LEVEL READ COMMITTED", []);
      try {
        const done = await job((sql, values, { answerMs } = {}) => query(client, sql, values, answerMs));
        await query(client, "COMMIT", []);
        this.#count(1);
        return done;
      } catch (error) {
        // On a broken connection it would wait in vain, and there it is undone by itself.
        if (!isBroken(error)) await query(client, "ROLLBACK", []);
        throw error;
      }
    });
  }

  mustBeOpen(): void {
    if (this.#end !== null) throw refuse(this.#end);
  }

  close(): void {
    this.#end ??= "closed";
  }

  /** The database is another one than was opened: nothing is read or written any more. */
  lose(): void {
    this.#end ??= "storage_lost";
  }

  #query<Row extends readonly unknown[]>(
    sql: string,
    values: readonly unknown[],
    answerMs: number,
  ): Promise<readonly Row[]> {
    return this.#on((client) => query<Row>(client, sql, values, answerMs));
  }

  #count(writes: number): void {
    this.#counts.commits += 1;
    this.#counts.writes += writes;
  }

  async #on<T>(job: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let broken: Error | undefined;
    try {
      return await job(client);
    } catch (error) {
      if (isBroken(error)) broken = error as Error;
      // Others of the pool have gone the same way: each would cost somebody a wait or a refusal.
      if (distrusts(error)) this.#trustedSinceMs = performance.now();
      throw asPostgresRefusal(error);
    } finally {
      client.release(broken);
    }
  }

  async #connect(): Promise<PoolClient> {
    if (this.#pool.waitingCount >= WAITING_MAX) throw refuse("storage_busy");
    for (;;) {
      const client = await this.#pool.connect().catch((error: unknown) => {
        throw asPostgresRefusal(error);
      });
      const bornAtMs = this.#bornAtMs.get(client);
      if (bornAtMs === undefined) await this.#welcome(client);
      else if (bornAtMs < this.#trustedSinceMs) {
        client.release(true);
        continue;
      }
      return client;
    }
  }

  /**
   * An address that changes hands may lead to a server that stands by: it can be read, but is behind, and readers with a
   * newer cursor would be told that their messages are gone.
   */
  async #welcome(client: PoolClient): Promise<void> {
    this.#bornAtMs.set(client, performance.now());
    try {
      const [row] = await query<[isStandby: boolean]>(client, "SELECT pg_is_in_recovery()", [], QUICK_MS);
      if (row?.[0]) throw new Error("The server at this address stands by for another one");
    } catch (error) {
      client.release(true);
      throw asPostgresRefusal(error);
    }
  }
}

async function query<Row extends readonly unknown[]>(
  client: PoolClient,
  sql: string,
  values: readonly unknown[],
  answerMs = ANSWER_MS,
): Promise<readonly Row[]> {
  const asked: QueryConfig & { rowMode: "array"; query_timeout: number } = {
    text: sql,
    values: [...values],
    rowMode: "array",
    query_timeout: answerMs,
  };
  const { rows } = await client.query<unknown[]>(asked);
  return rows as unknown as readonly Row[];
}
