/** A row on its way to PostgreSQL: its values as that can keep them, what had to be changed for it, and its digest. */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { AT_MAX } from "./message-row.js";
import { authorIdOf } from "./message-row-postgres.js";
import { type Kind, kindOf, type MovedTable } from "./move-tables.js";

/** Whole numbers, and the bytes of all else in hexadecimal digits: as these sort, so do both databases. */
export type Key = readonly (bigint | string)[];

export interface MovedRow {
  readonly key: Key;
  /** In the order of the table's columns. */
  readonly values: readonly (string | null)[];
  readonly digest: string;
}

/** What PostgreSQL cannot keep as it was, counted. */
export interface Notes {
  /** Texts with a NUL, which is U+FFFD now. */
  nuls: number;
  /** Times before 1970 or after 9999: the nearest of those, as readers got them before. */
  times: number;
  /** Authors' ids that were bytes: none, as readers got them before. */
  authors: number;
  /** Rows whose key has a NUL, or is no UTF-8: nothing could ask for them. */
  leftOut: number;
  /** The first of those, for people. */
  readonly leftOutNames: string[];
}

const NAMES_MAX = 10;

export function noNotes(): Notes {
  return { nuls: 0, times: 0, authors: 0, leftOut: 0, leftOutNames: [] };
}

/** Null for a row that cannot be kept. `values` are what `sourceSql` reads: the key, then the columns. */
export function rowOf(table: MovedTable, values: readonly unknown[], notes: Notes): MovedRow | null {
  const key = keyOf(table, values);
  if (!isKept(table, key, values)) {
    notes.leftOut += 1;
    if (notes.leftOutNames.length < NAMES_MAX) notes.leftOutNames.push(nameOfRow(table, key));
    return null;
  }
  const kept = Object.values(table.columns).map((kind, at) =>
    keptOf(kind, values[table.key.length + at], notes),
  );
  return { key, values: kept, digest: digestOf(kept) };
}

/** As both databases give it: digits, or hexadecimal ones. */
export function keyOf(table: MovedTable, values: readonly unknown[]): Key {
  return table.key.map((column, at) =>
    kindOf(table, column) === "whole" ? BigInt(String(values[at])) : String(values[at]),
  );
}

/** Below 0: `a` comes first. */
export function compareKeys(a: Key, b: Key): number {
  for (let at = 0; at < a.length; at++) {
    const [one, other] = [a[at] ?? "", b[at] ?? ""];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** The key as `deleteSql` wants it. */
export function partsOf(table: MovedTable, key: Key): string[] {
  return key.map((part, at) => {
    const isText = kindOf(table, table.key[at] ?? "") === "text";
    return isText ? Buffer.from(String(part), "hex").toString() : String(part);
  });
}

/** For texts that people read. */
export function nameOfRow(table: MovedTable, key: Key): string {
  const parts = partsOf(table, key).map((part, at) =>
    kindOf(table, table.key[at] ?? "") === "text" ? JSON.stringify(part) : part,
  );
  return [table.name, ...parts].join(" ");
}

/** What the driver had to mend in a text has a U+FFFD in it. Few have, so few are looked at twice. */
function isKept(table: MovedTable, key: Key, values: readonly unknown[]): boolean {
  const columns = Object.keys(table.columns);
  return table.key.every((column, at) => {
    if (kindOf(table, column) !== "text") return true;
    const text = String(values[table.key.length + columns.indexOf(column)]);
    if (text.includes("\0")) return false;
    return !text.includes("\uFFFD") || isUtf8(Buffer.from(String(key[at]), "hex"));
  });
}

function keptOf(kind: Kind, value: unknown, notes: Notes): string | null {
  if (kind === "author") {
    if (typeof value === "number" || typeof value === "string") return textOf(authorIdOf(value), notes);
    if (value !== null) notes.authors += 1;
    return null;
  }
  if (value === null) return null;
  return kind === "time" ? timeOf(String(value), notes) : textOf(String(value), notes);
}

function textOf(text: string | null, notes: Notes): string | null {
  if (!text?.includes("\0")) return text;
  notes.nuls += 1;
  return text.replaceAll("\0", "\uFFFD");
}

/** Unix milliseconds as digits; beyond 2^53 they are rounded, and cut anyway. */
function timeOf(digits: string, notes: Notes): string {
  const at = Number(digits);
  if (at >= 0 && at <= AT_MAX) return digits;
  notes.times += 1;
  return String(at < 0 ? 0 : AT_MAX);
}

/** Each value after its length, so that no two rows give the same bytes. */
function digestOf(values: readonly (string | null)[]): string {
  const parts = values.map((text) => (text === null ? "-" : `${Buffer.byteLength(text)}:${text}`));
  return createHash("sha256").update(parts.join(",")).digest("hex");
}
