/** What a page asks for, and what it gets: the whole surface of one connection. */

import type { Message, Problem } from "./message.js";
import type { Kept, Result } from "./outbox.js";
import type { Skipped } from "./rungs.js";

export interface Options {
  /** Where the chat is mounted: "" or "/chat". */
  url?: string;
  rooms?: string[];
  /** A cursor, "now" for the end of the log; without it the newest messages come first. */
  since?: string;
  transports?: string[];
  /** Who is signed in, and the session's token; asked of the server when not given. */
  user?: string | number | null;
  token?: string | null;
  /** Whether tabs share one connection. */
  share?: boolean;
}

export interface Chat {
  /** The cursor after the last message that was given out. */
  cursor: string;
  /** The transport in use; empty while there is none. */
  transport: string;
  /** What an earlier page has left unsent, and is being sent now: their `then` says what comes of it. */
  kept: Kept[];
  /** A transport has proven itself by its first frame; `skipped` says why better ones are not used. */
  onopen?(state: { transport: string; skipped: Skipped }): void;
  /** Every row of any kind, once, ascending. */
  onmessage?(message: Message): void;
  /** Not connected any more: it is trying again. `why` is the transport that was lost. */
  onclose?(why: string): void;
  /** Nothing that trying again would mend; it has stopped. */
  onerror?(problem: Problem): void;
  /** The cursor means nothing to this server: forget all messages, the newest page follows. */
  onreset?(reason: string): void;
  send(text: string, to?: { room?: string; name?: string }): Result;
  /** Ends it. What is not sent yet fails with the code `closed`; what is kept stays so, for the next page. */
  close(): void;
}
