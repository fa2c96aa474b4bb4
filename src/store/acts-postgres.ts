/** One act of moderation as one statement: what it changes, its row in the audit and its control row, in PostgreSQL. */
import type { Pooled } from "./pooled.js";

/** Who did what to whom, as the audit names them. */
export interface Act {
  readonly by: string;
  readonly action: string;
  readonly subject: string;
}

export interface ActsParts {
  readonly db: Pooled;
  readonly ring: () => void;
  readonly now: () => number;
}

export class Acts {
  readonly #parts: ActsParts;

  constructor(parts: ActsParts) {
    this.#parts = parts;
  }

  /**
   * `change` is the list of a WITH, whose last, `done`, returns one row (or none, and then nothing is kept) with the
   * audit's `detail`, and what else is to be known. In it, $1 is who acts, $3 the subject, $4 the time, and `values` are
   * $5 and on.
   *
   * In one statement, since all sends wait for the lock that a control row takes: a process that froze or lost its
   * machine between two of them would hold up the chat.
   */
  async act<Row extends readonly unknown[]>(
    { by, action, subject }: Act,
    change: string,
    values: readonly unknown[] = [],
  ): Promise<Row | null> {
    const { db, ring, now } = this.#parts;
    db.mustBeOpen();
    const sql = `WITH own AS MATERIALIZED (SELECT set_config('parkbench.own', '1', true)), ${change},
      kept AS (
        INSERT INTO audit (actor, action, subject, detail, at)
        SELECT $1::text, $2::text, $3::text, detail, $4::bigint FROM own, done
      ),
      said AS (INSERT INTO control (kind, subject) SELECT $2::text, $3::text FROM own, done)
      SELECT * FROM done`;
    const [row] = await db.run<Row>(sql, [by, action, subject, now(), ...values]);
    if (row) ring();
    return row ?? null;
  }
}
