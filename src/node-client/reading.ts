/** The reading: one transport after another from the same cursor, for as long as the chat is open. */
import { randomBytes } from "node:crypto";
import type { Answer } from "./answer.js";
import { backoffMs, sleep } from "./deadline.js";
import { ChatError, connectionError } from "./errors.js";
import type { Http } from "./http.js";
import type { Inbox } from "./inbox.js";
import { Ladder, type TransportName } from "./ladder.js";
import { Position } from "./position.js";
import type { Session } from "./session.js";
import type { Line, Transport } from "./transport.js";

/**
 * What a program may want to hear of; none of them needs an answer. One that throws does not touch the reading: its error
 * is thrown where nobody catches it, as that of a listener is (`uncaughtException`).
 */
export interface Hooks {
  /** Messages come, by this transport: at the start and after each change of transport. */
  readonly onOpen?: ((transport: TransportName) => void) | undefined;
  /** The cursor meant nothing to the server: what follows begins with its newest page. */
  readonly onReset?: ((reason: string) => void) | undefined;
  /** Something was in the way, and it is tried again after `retryMs`. */
  readonly onTrouble?: ((error: ChatError, transport: TransportName, retryMs: number) => void) | undefined;
}

export interface ReadingParts extends Hooks {
  readonly http: Http;
  readonly session: Session;
  readonly inbox: Inbox;
  readonly rooms: readonly string[];
  readonly since: string | null;
  readonly echo: boolean;
  readonly transports: Readonly<Record<TransportName, Transport>>;
  readonly ladder: readonly TransportName[];
  readonly signal: AbortSignal;
}

export class Reading {
  readonly #parts: ReadingParts;
  readonly #ladder: Ladder;
  readonly #position: Position;
  /** No proxy can join two clients' requests, and a newer one of ours releases the older. */
  readonly #client = randomBytes(12).toString("base64url");
  #turn = new AbortController();
  #transport: TransportName | null = null;
  #failures = 0;
  /** In every address: one that was used before, some cache may have an answer for. */
  #turns = 0;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
    this.#ladder = new Ladder(parts.ladder);
    this.#position = new Position(parts.since);
    parts.signal.addEventListener("abort", () => this.#turn.abort(parts.signal.reason), { once: true });
  }

  /** By which messages come; null while none does. */
  get transport(): TransportName | null {
    return this.#transport;
  }

  /** Begins a new turn at once: as somebody else, say. */
  renew(): void {
    this.#turn.abort(RENEWED);
  }

  /** Resolves when the chat is closed; rejects when the server refuses for good. */
  async run(): Promise<void> {
    const { signal } = this.#parts;
    while (!signal.aborted) {
      this.#turn = new AbortController();
      const waitMs = await this.#oneTurn(this.#ladder.current, this.#turn.signal);
      if (waitMs > 0) await sleep(waitMs, this.#turn.signal);
    }
  }

  /** Resolves with the time until the next. */
  async #oneTurn(name: TransportName, signal: AbortSignal): Promise<number> {
    const { http, session, transports } = this.#parts;
    this.#turns += 1;
    let countedAt: number | null = null;
    let hasBegun = false;
    const line: Line = {
      http,
      since: this.#position.since,
      address: (path, params) => http.address(path, this.#query(params)),
      take: (answer) => {
        if (signal.aborted) return Promise.resolve();
        countedAt ??= performance.now();
        return this.#take(answer, name);
      },
      signal,
    };
    try {
      await session.learn();
      hasBegun = true;
      const waitMs = await transports[name](line);
      this.#ladder.ended(name);
      return waitMs;
    } catch (thrown) {
      if (signal.aborted) return 0;
      const error = connectionError(thrown);
      this.#transport = null;
      if (error.isFinal && name === this.#ladder.bottom) throw error;
      if (error.code === "cross_site") session.forget();
      const livedMs = countedAt === null ? 0 : performance.now() - countedAt;
      if (hasBegun) this.#ladder.failed(name, error, { counted: countedAt !== null, livedMs });
      this.#failures += 1;
      // One step down is no second attempt at the same: at once.
      const retryMs = this.#ladder.current === name ? backoffMs(this.#failures) : 0;
      tell(() => this.#parts.onTrouble?.(error, name, retryMs));
      return retryMs;
    }
  }

  #take(answer: Answer, name: TransportName): Promise<void> {
    const { inbox, onOpen, onReset } = this.#parts;
    const { reset } = answer;
    // Before any hook: the position has moved. The loop has none of it before the hooks have run.
    const putting = inbox.put(this.#position.take(answer), this.#position.since);
    this.#failures = 0;
    const isChange = this.#transport !== name;
    this.#transport = name;
    if (isChange) tell(() => onOpen?.(name));
    if (reset) tell(() => onReset?.(reset.reason));
    return putting;
  }

  #query(params: Readonly<Record<string, string>> = {}): URLSearchParams {
    const { rooms, echo } = this.#parts;
    const { since } = this.#position;
    const query = new URLSearchParams(params);
    if (since !== null) query.set("since", since);
    for (const room of rooms) query.append("room", room);
    query.set("client", this.#client);
    query.set("n", String(this.#turns));
    if (!echo) query.set("echo", "0");
    return query;
  }
}

/** An error in a program's own hook is neither the network's nor the server's. */
function tell(hook: () => void): void {
  try {
    hook();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

const RENEWED = new ChatError(0, "cut", "Begun anew.");
