/** What one `connect` is made of: between the ladder below it, the page above it, and the tabs beside it. */
import type { Chat } from "./chat.js";
import type { Batch } from "./message.js";
import type { Reader } from "./reader.js";

/** The tabs' own script puts functions of its own in the place of some of these. */
export interface Core extends Reader {
  url: string;
  /** What is asked for: more than the page's own while its connection is shared. */
  rooms: string[];
  /** Where the connection is; the page may be further. */
  cursor: string;
  chat: Chat;
  isClosed?: boolean;
  /** Its tabs share one connection. */
  isShared?: boolean;
  /** Gives out what the page does not have yet. */
  show(batch: Batch): void;
  /** Reads, or reads anew, from `cursor`. */
  start(): void;
  stop(): void;
  wake(): void;
}
