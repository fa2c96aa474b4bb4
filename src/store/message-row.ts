/** A row of `messages` as the `Message` that readers get. Any program may have written the row: nothing here throws. */
import { decodeData } from "../core/data.js";
import type { Message } from "../core/message.js";

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
    data: row.data === null ? null : decodeData(row.data),
    // Beyond 2^53-1 the driver has rounded it: it would name another message.
    ref: Number.isSafeInteger(row.ref) ? row.ref : null,
  };
}
