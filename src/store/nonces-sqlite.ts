/** Which message a sender's nonce stands for, so that a retry is recognised. */
import type { Author } from "../core/message.js";
import { foldName } from "../core/user.js";
import { type Connection, only, type Statement } from "./connection.js";

export class Nonces {
  readonly #find: Statement;
  readonly #keep: Statement;

  constructor(db: Connection) {
    this.#find = db.prepare("SELECT message_id FROM nonces WHERE sender = ? AND nonce = ?");
    this.#keep = db.prepare("INSERT INTO nonces (sender, nonce, message_id) VALUES (?, ?, ?)");
  }

  find(author: Author, nonce: string): number | null {
    const id = only(this.#find.get(senderOf(author), nonce));
    return typeof id === "number" ? id : null;
  }

  /** In the transaction that adds the message: either both are there or none. */
  keep(author: Author, nonce: string, messageId: number): void {
    this.#keep.run(senderOf(author), nonce, messageId);
  }
}

/** Apart by kind, so that user 7, a host's user "7" and somebody who calls himself 7 have different nonces. */
function senderOf({ id, name }: Author): string {
  if (id === null) return `a:${foldName(name)}`;
  return typeof id === "number" ? `n:${id}` : `s:${id}`;
}
