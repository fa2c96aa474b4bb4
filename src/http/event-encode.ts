/** Rows and cursors as server-sent events. */
import { formatCursor } from "../core/cursor.js";
import type { Batch } from "../core/log.js";
import { encodeMessage } from "./encode.js";
import type { First } from "./start.js";

/** One batch is encoded once, however many readers it wakes. */
export class EventEncoder {
  readonly #epoch: string;
  readonly #typed = new WeakMap<Batch, Buffer>();
  readonly #plain = new WeakMap<Batch, Buffer>();

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  first(after: number, reset: First["reset"], typed: boolean): string {
    const next = formatCursor(after, this.#epoch);
    const content = {
      messages: [],
      next,
      more: false,
      retry: 0,
      ...(reset === null ? {} : { reset: { reason: reset } }),
    };
    const event = typed ? `event: ${reset === null ? "hello" : "reset"}\n` : "";
    return `${event}id: ${next}\ndata: ${JSON.stringify(content)}\n\n`;
  }

  rows(batch: Batch, next: number, typed: boolean): Buffer {
    const encoded = typed ? this.#typed : this.#plain;
    const known = encoded.get(batch);
    if (known) return known;
    let text = "";
    for (const message of batch.messages) {
      const event = typed ? `event: ${oneLine(message.kind)}\n` : "";
      const id = formatCursor(message.id, this.#epoch);
      text += `${event}id: ${id}\ndata: ${encodeMessage(message)}\n\n`;
    }
    // Rows that were left out have moved the cursor, too: an id without data is kept by the reader, and shows nothing.
    if (batch.messages.at(-1)?.id !== next) text += `id: ${formatCursor(next, this.#epoch)}\n\n`;
    const bytes = Buffer.from(text);
    encoded.set(batch, bytes);
    return bytes;
  }
}

/** A foreign program may have written any kind: a line break in it would begin a field of its own. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, " ");
}
