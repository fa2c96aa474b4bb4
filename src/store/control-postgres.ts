/** Control rows, in PostgreSQL. */
import { CONTROL_KEPT_MS, type Control, type ControlRow } from "../core/control.js";
import type { Pooled } from "./pooled.js";

/** More go than come, a few at a time: the table is as long as a week's sign-outs. */
const INSERT = `WITH own AS (SELECT set_config('parkbench.own', '1', true)),
  gone AS (DELETE FROM control WHERE id IN (SELECT id FROM control ORDER BY id LIMIT 10) AND at < $3)
  INSERT INTO control (kind, subject) SELECT $1, $2 FROM own`;

export class PostgresControl implements Control {
  readonly #db: Pooled;
  readonly #ring: () => void;

  constructor(db: Pooled, ring: () => void) {
    this.#db = db;
    this.#ring = ring;
  }

  async append(kind: string, subject: string): Promise<void> {
    this.#db.mustBeOpen();
    await this.#db.run(INSERT, [kind, subject, Date.now() - CONTROL_KEPT_MS]);
    this.#ring();
  }

  async since(after: number, limit: number): Promise<readonly ControlRow[]> {
    const rows = await this.#db.read<[id: number, kind: string, subject: string]>(
      "SELECT id, kind, subject FROM control WHERE id > $1 ORDER BY id LIMIT $2",
      [after, limit],
    );
    return rows.map(([id, kind, subject]) => ({ id, kind, subject }));
  }

  async newest(): Promise<number> {
    const [row] = await this.#db.read<[newest: number]>("SELECT control_newest FROM log", []);
    return row?.[0] ?? 0;
  }
}
