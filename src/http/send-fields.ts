/** What a send says: as whom, under which name, which text and nonce. */
import { ParkbenchError } from "../core/errors.js";
import { TEXT_CODE_POINTS_MAX } from "../core/limits.js";
import type { Author } from "../core/message.js";
import { isClean, isLonger, NONCE } from "../core/text.js";
import type { Asker } from "../identity/identity.js";
import { checkName } from "../identity/names.js";
import { type Fields, only } from "./request.js";

/**
 * Kept by a program until it is acknowledged, or typed into a page before somebody else signed in: a message is sent as
 * who wrote it, or not at all. Empty: nobody is signed in.
 */
export function mustBe(fields: Fields, { user }: Asker): void {
  const as = asIn(fields);
  if (as === null || (user ? String(user.id) : "") === as) return;
  throw new ParkbenchError(
    "wrong_user",
    "This was written by somebody else than who is signed in now. Nothing was sent: look at the name, then send it again.",
  );
}

function asIn(fields: Fields): string | null {
  const [as] = fields.get("as") ?? [];
  if (as === undefined) return null;
  return typeof as === "number" ? String(as) : (only(fields, "as", "bad_request") ?? null);
}

/** Who writes once under a name, without a session. */
export function oneShotIn(fields: Fields): { author: Author; folded: string } {
  const name = only(fields, "name", "bad_name");
  if (name === undefined) throw new ParkbenchError("no_name", 'Give a name in "name", or sign in first.');
  const { shown, folded } = checkName(name);
  return { author: { id: null, name: shown }, folded };
}

export function textIn(fields: Fields): string {
  const text = only(fields, "text", "bad_text");
  if (text === undefined || text.trim() === "") {
    throw new ParkbenchError("text_empty", 'The message is empty. Put its text into "text".');
  }
  if (!isClean(text)) {
    throw new ParkbenchError("bad_text", "The text holds a NUL or half a character. Send it without.");
  }
  if (isLonger(text, TEXT_CODE_POINTS_MAX)) {
    throw new ParkbenchError(
      "text_too_long",
      `A message has at most ${TEXT_CODE_POINTS_MAX} characters. Send it in parts.`,
    );
  }
  return text;
}

export function nonceIn(fields: Fields): string | null {
  const nonce = only(fields, "nonce", "bad_nonce");
  if (nonce === undefined) return null;
  if (NONCE.test(nonce)) return nonce;
  throw new ParkbenchError("bad_nonce", '"nonce" must be 1 to 64 of letters, digits, "_" and "-".');
}
