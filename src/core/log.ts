/** The storage contract: what every MessageLog promises, whatever database is under it. */
import type { Draft, Message } from "./message.js";

/** What one read returned: rows ascending by id, and whether more were there at that moment. */
export interface Batch {
  readonly messages: readonly Message[];
  readonly more: boolean;
  /**
   * Of reads from a cursor on: messages of these rooms behind the cursor have been removed to keep less, the last of them
   * under this id. Whoever had only the cursor has missed them. Absent where nothing is missing.
   */
  readonly gap?: number;
}

export const EMPTY: Batch = Object.freeze({ messages: Object.freeze([]), more: false });

/** The rooms a reader asks for; `"all"` is for the tail, which reads once for everybody. */
export type RoomSet = readonly string[] | "all";

/**
 * How an append ended. `repeated`: the same author had sent this nonce with this room and text, and `message` is
 * that first row. `conflict`: the nonce is known with other content, nothing was added, `message` is the first row.
 */
export interface Appended {
  readonly outcome: "appended" | "repeated" | "conflict";
  readonly message: Message;
}

/**
 * The append-only store of messages.
 *
 * Guarantees (the contract suite has one group of tests per number and runs on every store):
 *
 * 1. Ids only grow and are never used twice: not after a deletion, not after a restart. They may have holes.
 * 2. No late arrivals: once any reader has seen id N, no smaller id ever appears.
 * 3. When `append` resolves, the row is flushed to disk, and every read started afterwards in any process has it.
 * 4. Every row, by any process and by any program that INSERTs into the table, rings every listener after the row
 *    is visible. Rings may be merged or spurious, and carry nothing.
 * 5. Reads respect room, order and limit, and return nothing else.
 * 6. The same author and nonce is the same message: the first is returned, nothing is added. Other content is a
 *    conflict.
 * 7. Text comes back code point for code point.
 * 8. No listener, no work: no timer, no extra connection.
 * 9. The log has an epoch: random, made with the database, changed by a restore.
 * 10. What was removed to keep less (`core/retention.ts`) is never missed in silence: every `since` from below it says
 *    `gap`. Ids stay used, and a removed message's nonce is known for some days more.
 *
 * Every method may reject with a `ParkbenchError`: `storage_busy`, `storage_full`, `storage_lost`, `storage_failed`
 * or `closed`.
 */
export interface MessageLog {
  /** Names this log among all others: 4 to 8 of `A-Za-z0-9`. */
  readonly epoch: string;

  /** Stores a message and resolves once it is on disk. Appends of one turn of the event loop share one commit. */
  append(draft: Draft): Promise<Appended>;

  /**
   * The row a sender's nonce stands for, if it has been used: lets a retry be recognised before any other check.
   * An author without an id is known by the folded form of the name.
   */
  recall(draft: Draft): Promise<Appended | null>;

  /**
   * Rows of `rooms` with an id above `after`, ascending, at most `limit`, and no more text than an answer may hold (but
   * always one row, so that a reader gets past anything).
   */
  since(rooms: RoomSet, after: number, limit: number): Promise<Batch>;

  /** The `limit` newest rows of `rooms` with an id below `before`, ascending; `more` means there are older ones. */
  before(rooms: readonly string[], before: number, limit: number): Promise<Batch>;

  /**
   * The highest id ever given out, 0 on an empty log. Not lowered by deletions, and never above an id that may still
   * become visible: the tail reads from here on.
   */
  newest(): Promise<number>;

  /** Calls `listener` after the log may have grown, until the returned function is called. */
  onChange(listener: () => void): () => void;

  /**
   * Rings at once if another program has done something that no ring has told of yet. For who is about to trust in what
   * it has read before.
   */
  look(): void;

  /** Finishes appends under way, then lets go of the database. Later calls reject with `closed`. */
  close(): Promise<void>;
}
