/** Who may not write or not be here, in SQLite. Each method runs within a transaction or read of its caller. */
import type { Restriction, RestrictionKind, Subject, Terms } from "../core/moderation.js";
import type { Connection, Statement } from "./connection.js";

interface Row {
  readonly kind: RestrictionKind;
  readonly subject_kind: Subject["kind"];
  readonly subject: string;
  readonly until: number | null;
  readonly reason: string;
  readonly created_by: string;
  readonly created_at: number;
}

export class Restrictions {
  readonly #put: Statement;
  readonly #drop: Statement;
  readonly #dropOver: Statement;
  readonly #all: Statement;
  readonly #now: () => number;

  constructor(db: Connection, now: () => number) {
    this.#put = db.prepare(
      "INSERT INTO restrictions (kind, subject_kind, subject, until, reason, created_by, created_at) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, subject_kind, subject) DO UPDATE SET until = excluded.until, " +
        "reason = excluded.reason, created_by = excluded.created_by, created_at = excluded.created_at",
    );
    this.#drop = db.prepare(
      "DELETE FROM restrictions WHERE kind = ? AND subject_kind = ? AND subject = ? AND (until IS NULL OR until > ?)",
    );
    this.#dropOver = db.prepare("DELETE FROM restrictions WHERE until <= ?");
    this.#all = db.prepare(
      "SELECT kind, subject_kind, subject, until, reason, created_by, created_at FROM restrictions " +
        "WHERE until IS NULL OR until > ? ORDER BY created_at DESC, id DESC",
    );
    this.#now = now;
  }

  /** What is over by now goes with it: who was banned once is in the audit. */
  put(kind: RestrictionKind, { kind: of, value }: Subject, { untilMs, reason }: Terms, by: string): void {
    const now = this.#now();
    this.#dropOver.run(now);
    this.#put.run(kind, of, value, untilMs, reason, by, now);
  }

  /** Whether there was one that still held. */
  drop(kind: RestrictionKind, { kind: of, value }: Subject): boolean {
    return this.#drop.run(kind, of, value, this.#now()).changes > 0;
  }

  all(): readonly Restriction[] {
    return (this.#all.all(this.#now()) as Row[]).map((row) => ({
      kind: row.kind,
      subject: { kind: row.subject_kind, value: row.subject },
      untilMs: row.until,
      reason: row.reason,
      by: row.created_by,
      at: row.created_at,
    }));
  }
}
