/** A row of PostgreSQL's `messages` as the `Message` that readers get. */
import type { Message, UserId } from "../core/message.js";
import { type MessageValues, messageOf } from "./message-row.js";

/** In the order of `COLUMNS`. */
export type PostgresValues = MessageValues;

/** `infinity` is a timestamp, too, and has no number. */
export const COLUMNS =
  "id, room, author_name, text, author_id, kind, nonce, data, ref, " +
  "CASE WHEN isfinite(at) THEN floor(extract(epoch FROM at) * 1000)::float8 ELSE 0 END";

export function postgresMessageOf(values: PostgresValues): Message {
  const [id, room, name, text, authorId, ...rest] = values;
  return messageOf([id, room, name, text, idOf(authorId), ...rest]);
}

/** A number as its digits, any other id as it is; a text that would read as a number, or begins with a quote, in quotes. */
export function authorIdOf(id: UserId | null): string | null {
  if (id === null || typeof id === "number") return id === null ? null : String(id);
  return isNumber(id) || id.startsWith('"') ? JSON.stringify(id) : id;
}

/** What `authorIdOf` has made. */
export function idOf(kept: unknown): UserId | null {
  if (typeof kept !== "string") return null;
  if (isNumber(kept)) return Number(kept);
  return kept.startsWith('"') ? unquoted(kept) : kept;
}

function isNumber(text: string): boolean {
  return text !== "" && String(Number(text)) === text && Number.isFinite(Number(text));
}

/** Another program may have written what begins with a quote and is no JSON. */
function unquoted(kept: string): string {
  try {
    const text: unknown = JSON.parse(kept);
    return typeof text === "string" ? text : kept;
  } catch {
    return kept;
  }
}
