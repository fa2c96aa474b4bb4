/** A row of `messages` as the `Message` that readers get. Any program may have written the row: nothing here throws. */
import { decodeData } from "../core/data.js";
import type { Message } from "../core/message.js";

/** The end of the year 9999: later times have no four-digit year, and Date throws for the far ones. */
export const AT_MAX = 253_402_300_799_999;

/** In the order of `COLUMNS`. STRICT columns give these types whatever was inserted; the author's id alone may be anything. */
export type MessageValues = readonly [
  id: number,
  room: string,
  authorName: string,
  text: string,
  authorId: unknown,
  kind: string,
  nonce: string | null,
  data: string | null,
  ref: number | null,
  at: number,
];

export const COLUMNS = "id, room, author_name, text, author_id, kind, nonce, data, ref, at";

export function messageOf(values: MessageValues): Message {
  const [id, room, name, text, authorId, kind, nonce, data, ref, at] = values;
  return {
    id,
    room,
    kind,
    from: { id: typeof authorId === "number" || typeof authorId === "string" ? authorId : null, name },
    text,
    at: Math.min(Math.max(at, 0), AT_MAX),
    nonce,
    data: data === null ? null : decodeData(data),
    // Beyond 2^53-1 the driver has rounded it: it would name another message.
    ref: Number.isSafeInteger(ref) ? ref : null,
  };
}
