/** Control rows, in SQLite. */
import { CONTROL_KEPT_MS, type Control, type ControlRow } from "../core/control.js";
import { type Connection, only, type Statement } from "./connection.js";
import type { Reader } from "./reader.js";
import type { Writer } from "./writer.js";

export class SqliteControl implements Control {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #insert: Statement;
  readonly #since: Statement;
  readonly #newest: Statement;
  readonly #forget: Statement;

  constructor(db: Connection, reader: Reader, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
    this.#insert = db.prepare("INSERT INTO control (kind, subject) VALUES (?, ?)");
    this.#since = db.prepare("SELECT id, kind, subject FROM control WHERE id > ? ORDER BY id LIMIT ?");
    this.#newest = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'control'");
    this.#forget = db.prepare(
      "DELETE FROM control WHERE id IN (SELECT id FROM control ORDER BY id LIMIT 10) AND at < ?",
    );
  }

  async append(kind: string, subject: string): Promise<void> {
    await this.#writer.write(
      () => {
        // More go than come, a few at a time: the table is as long as a week's sign-outs.
        this.#forget.run(Date.now() - CONTROL_KEPT_MS);
        this.#insert.run(kind, subject);
      },
      { rings: true },
    );
  }

  since(after: number, limit: number): Promise<readonly ControlRow[]> {
    return this.#reader.read(() => this.#since.all(after, limit) as ControlRow[]);
  }

  newest(): Promise<number> {
    return this.#reader.read(() => Number(only(this.#newest.get()) ?? 0));
  }
}
