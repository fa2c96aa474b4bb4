/** The record of every act of moderation, and the control row by which all processes hear of it, in SQLite. */
import type { AuditEntry } from "../core/moderation.js";
import type { Connection, Statement } from "./connection.js";

/** One act, as the audit keeps it. */
export interface Act {
  readonly by: string;
  readonly action: string;
  readonly subject: string;
  readonly detail?: string;
}

export class Audit {
  readonly #insert: Statement;
  readonly #control: Statement;
  readonly #newest: Statement;
  readonly #now: () => number;

  constructor(db: Connection, now: () => number) {
    this.#insert = db.prepare(
      "INSERT INTO audit (actor, action, subject, detail, at) VALUES (?, ?, ?, ?, ?)",
    );
    this.#control = db.prepare("INSERT INTO control (kind, subject) VALUES (?, ?)");
    this.#newest = db.prepare(
      "SELECT id, actor, action, subject, detail, at FROM audit ORDER BY id DESC LIMIT ?",
    );
    this.#now = now;
  }

  /** In the transaction of the act itself: all three are there, or none. */
  keep({ by, action, subject, detail = "" }: Act): void {
    this.#insert.run(by, action, subject, detail, this.#now());
    this.#control.run(action, subject);
  }

  newest(limit: number): readonly AuditEntry[] {
    return this.#newest.all(limit) as AuditEntry[];
  }
}
