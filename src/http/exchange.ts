/** A request that waits for its one answer, and how that is written. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { JSON_TYPE, writeAnswer } from "./answer.js";
import { type Problem, writeProblem } from "./errors.js";
import { type Connection, connectionOf } from "./order.js";
import type { PollAnswer } from "./whole-answer.js";

/** Exactly one of the two is called, once; neither does anything when the socket has gone. */
export interface Exchange {
  readonly connection: Connection;
  /** `isLast`: no further request is taken on this connection. */
  answer(answer: PollAnswer, isLast: boolean): void;
  refuse(problem: Problem): void;
  /** The value of Preference-Applied, where a preference was honoured (RFC 7240). */
  preference: string | null;
  /** It has been answered, or the connection has gone on without it: nothing may be parked for it. */
  readonly isOver: boolean;
  /** Released when the connection brings another request: it then answers in the same turn. */
  waiting: Waiting | null;
}

export interface Waiting {
  release(): void;
}

/** Holds node's pair of objects: right on any server, behind any middleware. */
export class WholeExchange implements Exchange {
  readonly connection: Connection;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  preference: string | null = null;
  waiting: Waiting | null = null;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.connection = connectionOf(req);
    this.#req = req;
    this.#res = res;
  }

  get isOver(): boolean {
    return this.#res.destroyed || this.#res.headersSent;
  }

  answer({ body }: PollAnswer, isLast: boolean): void {
    const res = this.#res;
    // A host's own time limit may have answered in our place.
    if (this.isOver) return;
    if (isLast) res.setHeader("Connection", "close");
    if (this.preference !== null) res.setHeader("Preference-Applied", this.preference);
    writeAnswer(res, 200, JSON_TYPE, body);
  }

  refuse(problem: Problem): void {
    writeProblem(this.#req, this.#res, problem);
  }
}
