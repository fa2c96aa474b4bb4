/** Which message a sender's nonce stands for, so that a retry is recognised. */
import type { Author } from "../core/message.js";
import { foldName } from "../core/user.js";
import type { Connection, Statement } from "./connection.js";

export class Nonces {
  readonly #find: Statement;
  readonly #keep: Statement;

  constructor(db: Connection) {
    this.#find = db.prepare("SELECT message_id FROM nonces WHERE sender = ? AND nonce = ?");
    this.#keep = db.prepare("INSERT INTO nonces (sender, nonce, message_id) VALUES (?, ?, ?)");
  }

  /** `sender` is from `senderOf`. */
  find(sender: string, nonce: string): number | null {
    const row = this.#find.get(sender, nonce) as { readonly message_id: number } | undefined;
    return row === undefined ? null : row.message_id;
  }

  /** In the transaction that adds the message: either both are there or none. */
  keep(sender: string, nonce: string, messageId: number): void {
    this.#keep.run(sender, nonce, messageId);
  }
}

/** Apart by kind, so that user 7, a host's user "7" and somebody who calls himself 7 have different nonces. */
export function senderOf({ id, name }: Author): string {
  if (id === null) return `a:${foldName(name)}`;
  return typeof id === "number" ? `n:${id}` : `s:${id}`;
}
