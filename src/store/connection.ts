/** What the store's parts need of a SQLite connection, so that `sqlite.ts` alone imports the driver. */
import type { UserId } from "../core/message.js";

/** What can be bound. Whole numbers go in as bigint where the column would otherwise keep them as REAL. */
export type Bound = string | number | bigint | Uint8Array | null;

export interface Statement {
  run(...values: Bound[]): { changes: number; lastInsertRowid: number | bigint };
  get(...values: Bound[]): unknown;
  all(...values: Bound[]): unknown[];
  /** From here on it gives rows as arrays: half the cost of objects. */
  raw(): Statement;
}

export interface Connection {
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  close(): unknown;
}

/** The single value of a statement that returns one column of one row. */
export function only(row: unknown): unknown {
  return typeof row === "object" && row !== null ? Object.values(row)[0] : undefined;
}

/** The driver binds numbers as REAL, and a column of type ANY keeps them so: 7 would read 7.0 in other programs. */
export function bindId(id: UserId | null): Bound {
  return typeof id === "number" && Number.isSafeInteger(id) ? BigInt(id) : id;
}
