/** Runs statements on pooled connections: refused after closing, errors in the store's own words. */
import type { Pool } from "pg";
import type { Counts } from "../core/counts.js";
import { asPostgresRefusal, isConnecting } from "./postgres-errors.js";
import { refuse } from "./sqlite-errors.js";

export class Pooled {
  readonly #pool: Pool;
  readonly #counts: Counts;
  #isClosed = false;

  constructor(pool: Pool, counts: Counts) {
    this.#pool = pool;
    this.#counts = counts;
  }

  /**
   * One statement that writes, by itself a transaction, with `writes` in it. Rows as arrays, in the order of the columns.
   */
  async run<Row extends readonly unknown[]>(
    sql: string,
    values: readonly unknown[],
    writes = 1,
  ): Promise<readonly Row[]> {
    const rows = await this.#query<Row>(sql, values);
    this.#count(writes);
    return rows;
  }

  async #query<Row extends readonly unknown[]>(
    sql: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    try {
      const { rows } = await this.#pool.query<unknown[]>({
        text: sql,
        values: [...values],
        rowMode: "array",
      });
      return rows as unknown as readonly Row[];
    } catch (error) {
      throw asPostgresRefusal(error);
    }
  }

  /** Refused once the store is closing, while writes under way still run. */
  async read<Row extends readonly unknown[]>(
    sql: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    this.mustBeOpen();
    try {
      return await this.#query<Row>(sql, values);
    } catch (error) {
      this.mustBeOpen();
      // A read that found a dead connection lost nothing by it: another one may be alive.
      if (!isConnecting(error)) throw error;
      return this.#query<Row>(sql, values);
    }
  }

  /** Several statements as one transaction, on one connection. Rejects, undone, when the job does. */
  async transaction<T>(job: (run: Pooled["run"]) => Promise<T>): Promise<T> {
    this.mustBeOpen();
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw asPostgresRefusal(error);
    });
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const done = await job(async (sql, values) => {
        const { rows } = await client.query<unknown[]>({ text: sql, values: [...values], rowMode: "array" });
        return rows as never;
      });
      await client.query("COMMIT");
      this.#count(1);
      return done;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => (broken = failure));
      throw asPostgresRefusal(error);
    } finally {
      client.release(broken);
    }
  }

  #count(writes: number): void {
    this.#counts.commits += 1;
    this.#counts.writes += writes;
  }

  mustBeOpen(): void {
    if (this.#isClosed) throw refuse("closed");
  }

  close(): void {
    this.#isClosed = true;
  }
}
