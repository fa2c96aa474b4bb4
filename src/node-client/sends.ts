/** Sends, one after another, each until it is acknowledged: a lost answer neither loses nor doubles a message. */
import { randomBytes } from "node:crypto";
import { isMessage, type Message, objectIn, problemIn } from "./answer.js";
import { backoffMs, sleep } from "./deadline.js";
import { ChatError, connectionError } from "./errors.js";
import type { Http } from "./http.js";
import type { Session } from "./session.js";

export interface SendOptions {
  /** Default: the first of the chat's rooms. */
  readonly room?: string;
  /** Default: a new one. The same again, perhaps by another process, is the same message. */
  readonly nonce?: string;
  /** Default 60 s; then it rejects with `not_sent`. */
  readonly timeoutMs?: number;
  /** Rejects with the signal's reason. The message may be stored all the same. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 60_000;
/** For one attempt. */
const DEADLINE_MS = 15_000;

export class Sends {
  readonly #http: Http;
  readonly #session: Session;
  readonly #name: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `name`: of a one-shot author, while nobody is signed in. */
  constructor(http: Http, session: Session, name: string | undefined) {
    this.#http = http;
    this.#session = session;
    this.#name = name;
  }

  /** After everything that was asked for before. */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => {});
    return done;
  }

  async send(text: string, room: string, nonce: string | undefined, signal: AbortSignal): Promise<Message> {
    const draft = { room, text, nonce: nonce ?? randomBytes(12).toString("base64url") };
    let author: object | null = null;
    let mayRefresh = true;
    for (let failures = 1; ; failures += 1) {
      let waitMs = backoffMs(failures);
      try {
        await this.#session.learn();
        // Whoever it was at the first attempt: a retry is not said by somebody else.
        author ??= this.#author();
        const {
          status,
          text: body,
          retryAfterMs,
        } = await this.#http.ask(this.#http.address("send"), {
          signal,
          deadlineMs: DEADLINE_MS,
          json: { ...draft, ...author },
        });
        if (status === 201 || status === 200) return messageIn(body, status);
        if (retryAfterMs !== null) waitMs += retryAfterMs;
        throw problemIn(body, status);
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        const error = connectionError(thrown);
        // The session may have been renewed elsewhere, and its token with it.
        const isStale = error.code === "cross_site" && mayRefresh;
        if (!isStale && error.isFinal) throw error;
        if (isStale) {
          mayRefresh = false;
          this.#session.forget();
          continue;
        }
      }
      await sleep(waitMs, signal);
      if (signal.aborted) throw signal.reason;
    }
  }

  /** `as`: refused by the server where the session has become somebody else's, or, empty, anybody's. */
  #author(): object {
    const { user } = this.#session;
    if (user) return { as: user.id };
    return { ...(user === null && { as: "" }), ...(this.#name !== undefined && { name: this.#name }) };
  }
}

/** The limits of one send: its time, its own signal, and the chat's end. Call the second when it is done. */
export function sendLimits(options: SendOptions, chat: AbortSignal): [AbortSignal, () => void] {
  const controller = new AbortController();
  const { timeoutMs = TIMEOUT_MS, signal } = options;
  const timer = setTimeout(() => {
    controller.abort(
      new ChatError(
        0,
        "not_sent",
        `No acknowledgement in ${Math.round(timeoutMs / 1000)} s; it may be stored.`,
      ),
    );
  }, timeoutMs);
  const offs = [signal, chat].map((outer) => {
    const abort = () => controller.abort(outer?.reason);
    if (outer?.aborted) abort();
    outer?.addEventListener("abort", abort);
    return () => outer?.removeEventListener("abort", abort);
  });
  return [
    controller.signal,
    () => {
      clearTimeout(timer);
      for (const off of offs) off();
    },
  ];
}

function messageIn(body: string, status: number): Message {
  const value = objectIn(body, status);
  // The cursor beside it belongs to the answer, not to the message.
  const { next: _next, ...message } = value;
  if (isMessage(message)) return message;
  throw new ChatError(status, "garbled", "The acknowledgement holds no message.");
}
