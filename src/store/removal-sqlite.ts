/** Takes the content of a message out of the log, and out of the files, in SQLite. */
import { ParkbenchError } from "../core/errors.js";
import type { Connection, Statement } from "./connection.js";

/** Readers hear that a moderator did it; who that was is in the audit. */
const REMOVED_BY = "moderator";

/** Where a removed message was, and whose. */
export interface Found {
  readonly room: string;
  readonly author: string;
}

export class Removal {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #checkpoint: Statement;
  readonly #now: () => number;

  constructor(db: Connection, now: () => number) {
    this.#find = db.prepare(
      "SELECT room, author_name AS author, text = '' AND data IS NULL AS isGone FROM messages WHERE id = ? AND kind <> 'delete'",
    );
    this.#insert = db.prepare(
      "INSERT INTO messages (room, author_name, text, kind, ref, at) VALUES (?, ?, '', 'delete', ?, ?)",
    );
    this.#checkpoint = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#now = now;
  }

  /** Within a transaction. Throws `no_message`, also for one removed before. */
  remove(messageId: number): Found {
    const found = this.#find.get(messageId) as (Found & { readonly isGone: number }) | undefined;
    if (!found) throw new ParkbenchError("no_message", `There is no message ${messageId}.`);
    if (found.isGone) throw new ParkbenchError("no_message", `Message ${messageId} was removed before.`);
    // The trigger on this row clears the old one.
    this.#insert.run(found.room, REMOVED_BY, messageId, this.#now());
    return found;
  }

  /**
   * After the commit: the -wal keeps the page as it was when the message came, until it is written over. False while
   * somebody else reads or writes: then the next checkpoint that is whole does it.
   */
  erase(): boolean {
    try {
      const { busy } = this.#checkpoint.get() as { readonly busy: number };
      return busy === 0;
    } catch {
      return false;
    }
  }
}
