/** A draft and the row that it became: made from it, and compared with it when it comes again. */
import type { Draft, Message } from "../core/message.js";

/** A text that a moderator has removed since cannot be compared any more. */
export function isRepeated(draft: Draft, first: Message): boolean {
  if (draft.room !== first.room) return false;
  return (
    first.text === "" ||
    (draft.text.toWellFormed() === first.text && (draft.kind ?? "message") === first.kind)
  );
}

/** The row that a draft became. `at` is Unix milliseconds. */
export function asMessage(draft: Draft, id: number, at: number): Message {
  const { room, author, text, kind = "message", nonce = null, data = null, ref = null } = draft;
  return { id, room, kind, from: { id: author.id, name: author.name }, text, at, nonce, data, ref };
}
