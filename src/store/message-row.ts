/** A row of `messages` as the `Message` that readers get. Any program may have written the row: nothing here throws. */
import { ParkbenchError } from "../core/errors.js";
import type { Message } from "../core/message.js";

/** Bytes of a message's `data` as JSON, and how deep it may be nested. */
const DATA_BYTES_MAX = 8_192;
const DATA_LEVELS_MAX = 100;

/** The end of the year 9999: later times have no four-digit year, and Date throws for the far ones. */
const AT_MAX = 253_402_300_799_999;

/** STRICT columns give these types whatever was inserted; `author_id` alone may be anything. */
export interface MessageRow {
  readonly id: number;
  readonly room: string;
  readonly author_name: string;
  readonly text: string;
  readonly author_id: unknown;
  readonly kind: string;
  readonly nonce: string | null;
  readonly data: string | null;
  readonly ref: number | null;
  readonly at: number;
}

export const COLUMNS = "id, room, author_name, text, author_id, kind, nonce, data, ref, at";

export function toMessage(row: MessageRow): Message {
  const authorId = row.author_id;
  return {
    id: row.id,
    room: row.room,
    kind: row.kind,
    from: {
      id: typeof authorId === "number" || typeof authorId === "string" ? authorId : null,
      name: row.author_name,
    },
    text: row.text,
    at: Math.min(Math.max(row.at, 0), AT_MAX),
    nonce: row.nonce,
    data: row.data === null ? null : readData(row.data),
    // Beyond 2^53-1 the driver has rounded it: it would name another message.
    ref: Number.isSafeInteger(row.ref) ? row.ref : null,
  };
}

/** A host's data as it is kept. Too much is refused here, because readers would not get it. */
export function writeData(data: Message["data"]): string | null {
  if (data === null) return null;
  const isShallow = isWithin(data, DATA_LEVELS_MAX);
  const json = isShallow ? JSON.stringify(data) : "";
  if (isShallow && Buffer.byteLength(json) <= DATA_BYTES_MAX) return json;
  throw new ParkbenchError(
    "too_large",
    "A message's data may be 8 KiB of JSON at most, nested 100 levels at most.",
  );
}

/** Limits first: JSON.parse takes any depth, but JSON.stringify overflows the stack at some 4,000 levels. */
function readData(json: string): Message["data"] {
  if (json.length > DATA_BYTES_MAX) return null;
  try {
    const data: unknown = JSON.parse(json);
    const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
    return isObject && isWithin(data, DATA_LEVELS_MAX) ? (data as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whether nothing is nested deeper. A value that contains itself is not within any number of levels. */
function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}

/** What a row weighs in an answer, roughly: one unit per character of its text and data. */
export function weightOf(row: MessageRow): number {
  return row.text.length + (row.data?.length ?? 0);
}
