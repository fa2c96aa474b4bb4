/** Rates counted in PostgreSQL, by rate-limiter-flexible, for all processes of all machines on the database. */
import { type RateLimiterAbstract, RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import type { Rate, Rates, UsedUp } from "../core/rates.js";

export type Query = (sql: string, values: readonly unknown[]) => Promise<unknown>;

/** A pool of its own, and small: where counting is held up, it must not keep messages from being stored. */
export const COUNTING = { max: 2, connectionTimeoutMillis: 1000, query_timeout: 10_000 } as const;

/** Whoever is above a limit is refused without asking for as long: what another server gives back is seen then. */
const KNOWN_MS = 1000;
const KNOWN_MAX = 1000;

const SWEEP_MS = 600_000;
/** Clocks of machines differ: a row that is over here may not be so elsewhere. */
const SWEPT_AFTER_MS = 3_600_000;

interface Over {
  readonly untilMs: number;
  readonly knownUntilMs: number;
}

/** Windows end by the clocks of the machines, not by the database's. Rejects when the database cannot be asked. */
export class PostgresRates implements Rates {
  readonly #query: Query;
  readonly #limiters = new Map<number, RateLimiterAbstract>();
  /**
   * Not the library's `inMemoryBlockOnConsumed`, which lasts until the window ends: in a slow room somebody would be
   * refused for hours for a message that another server failed to store.
   */
  readonly #over = new Map<string, Over>();
  #sweeping: NodeJS.Timeout | null = null;

  constructor(query: Query) {
    this.#query = query;
  }

  /** All at once, so that several rates take no longer than one. */
  async take(rates: readonly Rate[]): Promise<UsedUp | null> {
    const known = this.#firstOf(rates.map(({ key }) => this.#knownOver(key)));
    if (known) return known;
    this.#sweep();
    const asked = await Promise.allSettled(rates.map((rate) => this.#takeOne(rate)));
    const failed = asked.find((one) => one.status === "rejected");
    if (failed) {
      await this.#uncount(rates.filter((_, at) => asked[at]?.status === "fulfilled")).catch(() => {});
      throw failed.reason;
    }
    const usedUp = this.#firstOf(asked.map((one) => (one.status === "fulfilled" ? one.value : null)));
    // The limiter counts what it refuses, too.
    if (usedUp) await this.#uncount(rates);
    return usedUp;
  }

  async giveBack(rates: readonly Rate[]): Promise<void> {
    for (const { key } of rates) this.#over.delete(key);
    const counted = await Promise.all(rates.map(({ key, max }) => this.#limiter(max).get(key)));
    // A window may be over: a next one must not begin with one to spare.
    await this.#uncount(rates.filter((_, at) => (counted[at]?.consumedPoints ?? 0) > 0));
  }

  close(): void {
    if (this.#sweeping) clearInterval(this.#sweeping);
  }

  /** Null: it fitted. Else until when it does not, in ms since 1970. */
  async #takeOne({ key, max, windowS }: Rate, isSecond = false): Promise<number | null> {
    try {
      await this.#limiter(max).consume(key, 1, { customDuration: windowS });
      return null;
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const windowMs = windowS * 1000;
      // By a clock that is ahead by more than a window: its hour would be everybody's.
      if (refused.msBeforeNext > 2 * windowMs && !isSecond) {
        await this.#limiter(max).delete(key);
        return this.#takeOne({ key, max, windowS }, true);
      }
      const nowMs = Date.now();
      const untilMs = nowMs + Math.min(refused.msBeforeNext, windowMs);
      if (this.#over.size >= KNOWN_MAX) this.#over.clear();
      this.#over.set(key, { untilMs, knownUntilMs: Math.min(untilMs, nowMs + KNOWN_MS) });
      return untilMs;
    }
  }

  #knownOver(key: string): number | null {
    const over = this.#over.get(key);
    if (!over) return null;
    if (over.knownUntilMs > Date.now()) return over.untilMs;
    this.#over.delete(key);
    return null;
  }

  #firstOf(untilMs: readonly (number | null)[]): UsedUp | null {
    const at = untilMs.findIndex((ms) => ms !== null);
    if (at === -1) return null;
    return { at, waitS: Math.max(1, Math.ceil(((untilMs[at] ?? 0) - Date.now()) / 1000)) };
  }

  async #uncount(rates: readonly Rate[]): Promise<void> {
    await Promise.all(
      rates.map(({ key, max, windowS }) => this.#limiter(max).reward(key, 1, { customDuration: windowS })),
    );
  }

  #limiter(max: number): RateLimiterAbstract {
    const known = this.#limiters.get(max);
    if (known) return known;
    const limiter = new RateLimiterPostgres({
      // Without the library's names for its statements: a pooler may hand each one to another connection.
      storeClient: {
        query: ({ text, values }: { text: string; values: unknown[] }) => this.#query(text, values),
      },
      storeType: "pool",
      tableName: "rates",
      // By a migration, so that the server needs no right to make tables; and swept here, as long as the store is open.
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: "",
      points: max,
      duration: 1,
    });
    this.#limiters.set(max, limiter);
    return limiter;
  }

  #sweep(): void {
    this.#sweeping ??= setInterval(() => {
      this.#query("DELETE FROM rates WHERE expire <= $1", [Date.now() - SWEPT_AFTER_MS]).catch(() => {});
    }, SWEEP_MS).unref();
  }
}
