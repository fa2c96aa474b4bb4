/** Whose a nonce is, as the databases keep it. */
import type { Author } from "../core/message.js";
import { foldName } from "../core/user.js";

/** Apart by kind, so that user 7, a host's user "7" and somebody who calls himself 7 have different nonces. */
export function senderOf({ id, name }: Author): string {
  if (id === null) return `a:${foldName(name)}`;
  return typeof id === "number" ? `n:${id}` : `s:${id}`;
}
