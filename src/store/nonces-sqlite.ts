/** Which message a sender's nonce stands for, so that a retry is recognised. */
import type { Connection, Statement } from "./connection.js";

export class Nonces {
  readonly #find: Statement;
  readonly #keep: Statement;

  constructor(db: Connection) {
    this.#find = db.prepare("SELECT message_id FROM nonces WHERE sender = ? AND nonce = ?");
    this.#keep = db.prepare("INSERT INTO nonces (sender, nonce, message_id) VALUES (?, ?, ?)");
  }

  /** `sender` is from `sender.ts`. */
  find(sender: string, nonce: string): number | null {
    const row = this.#find.get(sender, nonce) as { readonly message_id: number } | undefined;
    return row === undefined ? null : row.message_id;
  }

  /** In the transaction that adds the message: either both are there or none. */
  keep(sender: string, nonce: string, messageId: number): void {
    this.#keep.run(sender, nonce, messageId);
  }
}
