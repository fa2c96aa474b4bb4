/** Who is a moderator, and the one-time codes that make one, in SQLite. */
import { timingSafeEqual } from "node:crypto";
import { CODE_MS, type Moderator } from "../core/moderation.js";
import type { Connection, Statement } from "./connection.js";
import { hashOf } from "./moderator-codes.js";

/** A code that is good now. */
export interface GoodCode {
  readonly code_hash: Uint8Array;
  readonly label: string;
}

interface ModeratorRow {
  readonly user_id: number;
  readonly name: string | null;
  readonly label: string;
  readonly created_at: number;
  readonly seen_at: number | null;
}

export class Moderators {
  readonly #insertCode: Statement;
  readonly #codes: Statement;
  readonly #dropCode: Statement;
  readonly #dropOld: Statement;
  readonly #insert: Statement;
  readonly #is: Statement;
  readonly #all: Statement;
  readonly #drop: Statement;
  readonly #now: () => number;

  constructor(db: Connection, now: () => number) {
    this.#insertCode = db.prepare(
      "INSERT INTO moderator_codes (code_hash, label, expires_at) VALUES (?, ?, ?)",
    );
    this.#codes = db.prepare("SELECT code_hash, label FROM moderator_codes WHERE expires_at > ?");
    this.#dropCode = db.prepare("DELETE FROM moderator_codes WHERE code_hash = ?");
    this.#dropOld = db.prepare("DELETE FROM moderator_codes WHERE expires_at <= ?");
    this.#insert = db.prepare(
      "INSERT INTO moderators (user_id, label, created_at) SELECT id, ?, ? FROM users WHERE id = ? AND seen_at > 0 " +
        "ON CONFLICT DO UPDATE SET label = excluded.label, created_at = excluded.created_at",
    );
    // A user who has signed out is nobody any more, whatever request was under way.
    this.#is = db.prepare(
      "SELECT 1 FROM moderators JOIN users ON id = user_id WHERE user_id = ? AND seen_at > 0",
    );
    this.#all = db.prepare(
      "SELECT user_id, name, label, moderators.created_at, seen_at FROM moderators LEFT JOIN users ON id = user_id " +
        "ORDER BY moderators.created_at, user_id",
    );
    this.#drop = db.prepare("DELETE FROM moderators WHERE user_id = ?");
    this.#now = now;
  }

  addCode(code: string, label: string): void {
    const now = this.#now();
    this.#dropOld.run(now);
    this.#insertCode.run(hashOf(code), label, now + CODE_MS);
  }

  /** Null for a code that is wrong, used or too old. */
  find(code: string): GoodCode | null {
    const given = hashOf(code);
    // All of them are looked at: how long it takes tells nothing.
    const good = (this.#codes.all(this.#now()) as GoodCode[]).filter(({ code_hash }) =>
      timingSafeEqual(code_hash, given),
    );
    return good[0] ?? null;
  }

  /** It is good no more. */
  spend({ code_hash }: GoodCode): void {
    this.#dropCode.run(code_hash);
  }

  /** False for somebody who has signed out meanwhile. */
  mark(userId: number, label: string): boolean {
    return this.#insert.run(label, this.#now(), userId).changes > 0;
  }

  is(userId: number): boolean {
    return this.#is.get(userId) !== undefined;
  }

  all(): readonly Moderator[] {
    return (this.#all.all() as ModeratorRow[]).map(({ user_id, name, label, created_at, seen_at }) => ({
      userId: user_id,
      name: name ?? "",
      label,
      since: created_at,
      isGone: !seen_at,
    }));
  }

  drop(userId: number): boolean {
    return this.#drop.run(userId).changes > 0;
  }
}
