/** What the client rejects with: a problem in the server's own words, or what came in place of an answer. */

/**
 * `status` is 0 where there was no answer. `code` is the server's (docs/protocol.md, "Problems"), or one of the client's own:
 * `unreachable` (no connection), `cut` (broken off), `silent` (nothing in time), `garbled` (not Parkbench's words: a proxy's
 * page, a part of an answer), `blocked` (the upgrade to a WebSocket does not pass), `not_sent` (the time for a send is over;
 * it may be stored all the same), `closed` (by `close()`).
 */
export class ChatError extends Error {
  override readonly name = "ChatError";
  readonly status: number;
  readonly code: string;
  /** For a person: what was wrong and what to do. */
  readonly detail: string;

  constructor(status: number, code: string, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }

  /** The server itself refuses, and would again: nothing that a retry or another transport changes. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429 && !OURS.has(this.code);
  }
}

const OURS = new Set(["unreachable", "cut", "silent", "garbled", "blocked", "not_sent", "closed"]);

/** An error of a socket as what it means for us. */
export function connectionError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const what = String(message || code || error);
  return NO_CONNECTION.has(String(code))
    ? new ChatError(0, "unreachable", `No connection to the server: ${what}`, { cause: error })
    : new ChatError(0, "cut", `The connection broke off: ${what}`, { cause: error });
}

const NO_CONNECTION = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
]);
