/** One connection's: while a request waits nothing but this is held of it, and the answer goes out in one write. */
import type { CrowdPlace } from "../core/crowd.js";
import type { Deadlines } from "../core/deadlines.js";
import { NEVER_CACHED } from "./answer.js";
import { type Problem, problemHead } from "./errors.js";
import type { Exchange, Waiting } from "./exchange.js";
import type { HttpSocket, OnIncoming } from "./parser-lane.js";
import { KEEP_ALIVE_MS } from "./timeouts.js";
import { type Head, JSON_HEAD, type PollAnswer, wholeAnswer } from "./whole-answer.js";

/**
 * Node's request and response, once they have lived as long as a park, are what a parked poll costs most: in collecting
 * them, and in memory (measured). For the same reason this is made for a connection, not for a request.
 *
 * As long as it is the socket's `_httpMessage`, node takes the connection for busy, and asks it for what of a response is
 * here: `finished`, `_headerSent` and `emit`.
 */
export class Lane {
  readonly nodesOwn: OnIncoming;
  readonly socket: HttpSocket;
  readonly #idle: Deadlines<Lane>;
  /** False once the server takes no connection any more: then none is kept either. */
  readonly #isKept: () => boolean;
  #idling: CrowdPlace<Lane> | null = null;
  #state: "free" | "waiting" | "leaving" | "last" = "free";
  #keepsAlive = true;
  turn: Turn | null = null;

  constructor(socket: HttpSocket, nodesOwn: OnIncoming, idle: Deadlines<Lane>, isKept: () => boolean) {
    this.socket = socket;
    this.nodesOwn = nodesOwn;
    this.#idle = idle;
    this.#isKept = isKept;
  }

  get finished(): boolean {
    return false;
  }

  get _headerSent(): boolean {
    return false;
  }

  emit(): boolean {
    return false;
  }

  /** Another request is there: answers must go out in the order of requests. False when none is taken any more. */
  makeWay(): boolean {
    if (this.#state === "waiting") this.turn?.waiting?.release();
    this.#leave();
    this.#idling?.leave();
    this.#idling = null;
    return this.#state !== "last";
  }

  /** Null when a request before is still with node. */
  begin(keepAlive: boolean): Turn | null {
    const { socket } = this;
    if (socket._httpMessage) return null;
    // Node counts how long the connection has been idle since an answer of its own.
    if (socket.timeout) socket.setTimeout(0);
    socket._httpMessage = this;
    this.#state = "waiting";
    this.#keepsAlive = keepAlive;
    this.turn = new Turn(this);
    return this.turn;
  }

  /** The request is for node after all. */
  giveUp(): void {
    this.turn = null;
    this.#state = "free";
    this.socket._httpMessage = null;
  }

  answer(answer: PollAnswer, isLast: boolean): void {
    if (isLast) this.#write(wholeAnswer(200, LAST_HEAD, answer.body, "said"), true);
    else if (this.#keepsAlive && this.#isKept()) this.#write(answer.whole(), false);
    else this.#write(wholeAnswer(200, JSON_HEAD, answer.body, "close"), true);
  }

  refuse(problem: Problem): void {
    const head = { ...problemHead(problem), ...PROBLEM_HEAD };
    const body = Buffer.from(JSON.stringify(problem));
    this.#write(
      wholeAnswer(problem.status, head, body, this.#keepsAlive ? "keep" : "close"),
      !this.#keepsAlive,
    );
  }

  /** It has been idle for too long. */
  cut(): void {
    this.socket.destroy();
  }

  close(): void {
    this.#idling?.leave();
  }

  #write(bytes: Buffer, closes: boolean): void {
    const { socket } = this;
    if (socket.destroyed || this.#state !== "waiting") return;
    this.turn = null;
    socket.write(bytes);
    if (closes) {
      this.#state = "last";
      socket.destroySoon();
      return;
    }
    this.#state = "leaving";
    // A server that stops cuts idle connections: this one is not idle before everything is on its way.
    if (socket.writableLength > 0) socket.write(NOTHING, () => this.#leave());
    else this.#leave();
  }

  /** The connection waits for a next request; as with node's own answers, but without a timer for each. */
  #leave(): void {
    if (this.#state !== "leaving") return;
    this.#state = "free";
    this.socket._httpMessage = null;
    this.#idling = this.#idle.add(this, KEEP_ALIVE_MS);
  }
}

const NOTHING = Buffer.alloc(0);
const LAST_HEAD: Head = { Connection: "close", ...JSON_HEAD };
const PROBLEM_HEAD: Head = { ...NEVER_CACHED, "Content-Type": "application/problem+json" };

/** One request's: what comes for it when the connection has gone on is dropped. */
export class Turn implements Exchange {
  readonly #lane: Lane;
  waiting: Waiting | null = null;
  /** A request with a preference is not for here. */
  preference: string | null = null;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  get connection(): HttpSocket {
    return this.#lane.socket;
  }

  get isOver(): boolean {
    return this.#lane.turn !== this;
  }

  answer(answer: PollAnswer, isLast: boolean): void {
    if (!this.isOver) this.#lane.answer(answer, isLast);
  }

  refuse(problem: Problem): void {
    if (!this.isOver) this.#lane.refuse(problem);
  }
}
