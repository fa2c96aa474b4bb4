/** A chat as a Node program sees it: messages to loop over, and sends that arrive once. */
import type { Message } from "./answer.js";
import { ChatError } from "./errors.js";
import { Http } from "./http.js";
import { Inbox } from "./inbox.js";
import type { TransportName } from "./ladder.js";
import { type ConnectOptions, checkOptions } from "./options.js";
import { Reading } from "./reading.js";
import { type SendOptions, Sends, sendLimits } from "./sends.js";
import { Session, type User } from "./session.js";

/**
 * `for await (const message of chat)` gives every row after the cursor once, in the order of the log. A loop that breaks may
 * be followed by another, which goes on where it was. Ends with `close()`; throws a `ChatError` when the server refuses for
 * good (an unknown room, say).
 */
export interface Chat extends AsyncIterable<Message> {
  /** Resolves with the message once it is on the server's disk; retried until then, and never doubled. */
  send(text: string, options?: SendOptions): Promise<Message>;
  /** Signs in under a name, or renames who is signed in. Waits for the sends before it. */
  signIn(name: string): Promise<User>;
  /** The name is free at once. Waits for the sends before it, which were that user's. */
  signOut(): Promise<void>;
  /** After the last message that a loop was given; null before anything has come. Keep it, and go on with `since`. */
  readonly cursor: string | null;
  /** By which messages come now; null while none does. */
  readonly transport: TransportName | null;
  readonly user: User | null;
  /** Ends loops and sends; nothing of it holds the process afterwards. */
  close(): void;
}

/** Begins to read at once, up to 500 rows ahead of the loop. Throws a `TypeError` for options that cannot be. */
export function connect(options: ConnectOptions): Chat {
  const { base, rooms, since, ladder, transports } = checkOptions(options);
  const closing = new AbortController();
  const http = new Http(base, options.headers ?? {}, options.cookie);
  const session = new Session(http, closing.signal);
  const inbox = new Inbox(since === "now" ? null : since);
  const sends = new Sends(http, session, options.name);
  const { onOpen, onReset, onTrouble, echo = true } = options;
  const hooks = { onOpen, onReset, onTrouble };
  const signal = closing.signal;
  const reading =
    ladder.length === 0
      ? null
      : new Reading({ ...hooks, http, session, inbox, rooms, since, echo, transports, ladder, signal });

  const close = (): void => {
    if (signal.aborted) return;
    options.signal?.removeEventListener("abort", close);
    closing.abort(new ChatError(0, "closed", "The chat was closed by this program."));
    inbox.end(null, { now: true });
    http.close();
  };
  reading?.run().catch((error: unknown) => inbox.end(error, { now: false }));
  if (options.signal?.aborted) close();
  else options.signal?.addEventListener("abort", close, { once: true });

  /** Who asks has changed: the connection is still the one of before. */
  const change = <T>(act: () => Promise<T>): Promise<T> =>
    sends.inTurn(async () => {
      signal.throwIfAborted();
      const result = await act();
      reading?.renew();
      return result;
    });

  return {
    [Symbol.asyncIterator]: () => inbox,
    async send(text, sendOptions = {}) {
      const [limit, done] = sendLimits(sendOptions, signal);
      const room = sendOptions.room ?? rooms[0] ?? "lobby";
      const sending = sends.inTurn(() => {
        limit.throwIfAborted();
        return sends.send(text, room, sendOptions.nonce, limit);
      });
      // Also while it waits for its turn.
      const late = new Promise<never>((_resolve, reject) => {
        limit.addEventListener("abort", () => reject(limit.reason), { once: true });
        if (limit.aborted) reject(limit.reason);
      });
      return Promise.race([sending, late]).finally(done);
    },
    signIn: (name) => change(() => session.signIn(name)),
    signOut: () => change(() => session.signOut()),
    get cursor() {
      return inbox.cursor;
    },
    get transport() {
      return reading?.transport ?? null;
    },
    get user() {
      return session.user ?? null;
    },
    close,
  };
}
