/** Finds out whether notifications arrive at all: behind some poolers LISTEN is taken, and nothing ever comes. */
import { randomBytes } from "node:crypto";
import type { Logger } from "../core/logger.js";

/** In ticks of the bell, so in seconds. */
const HEAR_TICKS = 5;
const AGAIN_TICKS = 60;

export const DEAF =
  "no notification of PostgreSQL arrives here: messages of other processes are found by looking, up to a second late. " +
  "DATABASE_URL (of createChat: database) probably leads to a pooler that lends connections by the transaction (PgBouncer's pool_mode = transaction). " +
  "Set DATABASE_LISTEN_URL (databaseListen) to the address of the PostgreSQL server itself, and of the same database.";

export interface ProbeParts {
  /** The way that the rings of this process take to the others. */
  readonly notify: (payload: string) => Promise<void>;
  readonly logger: Logger;
}

export class BellProbe {
  readonly #parts: ProbeParts;
  /** What must be heard; null when it was. */
  #expected: string | null = null;
  /** Whether it has been said: what could not be need not be heard. */
  #isSaid = false;
  #ticks = 0;
  #isDeaf = false;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  /** A connection listens from now on. */
  begin(): void {
    const expected = `probe:${randomBytes(8).toString("hex")}`;
    this.#expected = expected;
    this.#isSaid = false;
    this.#ticks = 0;
    this.#parts.notify(expected).then(
      () => {
        if (this.#expected === expected) this.#isSaid = true;
      },
      () => {},
    );
  }

  /** Whether a notification was somebody's probe, and no ring. */
  hear(payload: string): boolean {
    if (payload === this.#expected) {
      this.#expected = null;
      if (this.#isDeaf) this.#parts.logger.info({}, "notifications of PostgreSQL arrive again");
      this.#isDeaf = false;
    }
    return payload.startsWith("probe:");
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#expected === null || this.#ticks < HEAR_TICKS) return;
    if (this.#isSaid && !this.#isDeaf) {
      this.#isDeaf = true;
      this.#parts.logger.warn({}, DEAF);
    }
    if (!this.#isSaid || this.#ticks >= AGAIN_TICKS) this.begin();
  }
}
