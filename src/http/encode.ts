/** The wire format: a message, and a poll's answer, as JSON. */
import { formatCursor } from "../core/cursor.js";
import type { Batch } from "../core/log.js";
import type { Message } from "../core/message.js";
import { PollAnswer } from "./whole-answer.js";

export type ResetReason = "epoch" | "ahead" | "gap";

/** The one JSON object that every transport carries for a message. */
export function messageObject(message: Message): object {
  const { id, room, kind, from, text, at, nonce, data, ref } = message;
  return {
    id,
    room,
    kind,
    from: { id: from.id, name: from.name },
    text,
    at: isoTime(at),
    nonce,
    ...(data === null ? {} : { data }),
    ...(ref === null ? {} : { ref }),
  };
}

/** A message that is kept in memory for those who come later is kept encoded, too. */
const encoded = new WeakMap<Message, string>();

export function encodeMessage(message: Message): string {
  const known = encoded.get(message);
  if (known !== undefined) return known;
  const text = JSON.stringify(messageObject(message));
  encoded.set(message, text);
  return text;
}

export function encodeMessages(messages: readonly Message[]): string {
  return `[${messages.map(encodeMessage).join(",")}]`;
}

/** A poll's answers, which are a WebSocket's frames, too. One batch is encoded once, however many readers it wakes. */
export class PollEncoder {
  readonly #epoch: string;
  readonly #encoded = new WeakMap<Batch, PollAnswer>();

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /** `next` is the last id of the batch as it was read: rows that a reader does not want to hear are left out by then. */
  rows(batch: Batch, next: number): PollAnswer {
    const known = this.#encoded.get(batch);
    if (known) return known;
    const body = this.#body(encodeMessages(batch.messages), next, batch.more, 0, "");
    this.#encoded.set(batch, body);
    return body;
  }

  /** `next` stays where the reader was. */
  empty(after: number, retryMs: number): PollAnswer {
    return this.#body("[]", after, false, retryMs, "");
  }

  /** The newest page: for a reader without a cursor, or with one that means nothing here. */
  page(batch: Batch, next: number, reset: ResetReason | null): PollAnswer {
    const suffix = reset === null ? "" : `,"reset":{"reason":"${reset}"}`;
    return this.#body(encodeMessages(batch.messages), next, false, 0, suffix);
  }

  #body(messages: string, next: number, more: boolean, retryMs: number, suffix: string): PollAnswer {
    const cursor = formatCursor(next, this.#epoch);
    return new PollAnswer(
      Buffer.from(`{"messages":${messages},"next":"${cursor}","more":${more},"retry":${retryMs}${suffix}}`),
    );
  }
}

const TIME_MAX_MS = 8.64e15;

/** A foreign program may have written any number as the time; a reader must get past it all the same. */
export function isoTime(atMs: number): string {
  return new Date(Math.abs(atMs) <= TIME_MAX_MS ? Math.trunc(atMs) : 0).toISOString();
}
