/** Control rows, in SQLite. */
import type { Control, ControlRow } from "../core/control.js";
import { type Connection, only, type Statement } from "./connection.js";
import type { Reader } from "./reader.js";
import type { Writer } from "./writer.js";

export class SqliteControl implements Control {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #insert: Statement;
  readonly #since: Statement;
  readonly #newest: Statement;

  constructor(db: Connection, reader: Reader, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
    this.#insert = db.prepare("INSERT INTO control (kind, subject) VALUES (?, ?)");
    this.#since = db.prepare("SELECT id, kind, subject FROM control WHERE id > ? ORDER BY id LIMIT ?");
    this.#newest = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'control'");
  }

  async append(kind: string, subject: string): Promise<void> {
    await this.#writer.write(() => this.#insert.run(kind, subject), { rings: true });
  }

  since(after: number, limit: number): Promise<readonly ControlRow[]> {
    return this.#reader.read(() => this.#since.all(after, limit) as ControlRow[]);
  }

  newest(): Promise<number> {
    return this.#reader.read(() => Number(only(this.#newest.get()) ?? 0));
  }
}
