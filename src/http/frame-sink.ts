/** Writes a stream as WebSocket frames: batches as a poll answers them, pings for heartbeats, a code at the end. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Batch } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import type { PollEncoder } from "./encode.js";
import { problemOf } from "./errors.js";
import type { FrameSends } from "./frame-sends.js";
import type { First } from "./start.js";
import { type End, HEARTBEAT_MS, type Sink } from "./stream.js";

/** Why a connection was closed (RFC 6455, section 7.4). Whatever it was, the client's cursor still holds. */
const CLOSE_CODES: Readonly<Record<End, number>> = {
  life: 1000,
  closing: 1012,
  full: 1013,
  slow: 1013,
  session: 4001,
  client: 4002,
  failed: 1011,
};
const UNREADABLE = 4004;

export interface FrameSinkParts {
  readonly socket: WebSocket;
  readonly wire: Duplex;
  readonly encoder: PollEncoder;
  readonly sends: FrameSends;
  readonly logger: Logger;
}

export class FrameSink implements Sink {
  readonly wire: Duplex;
  readonly #parts: FrameSinkParts;
  #isAlive = true;
  #pingedMs = performance.now();
  #next = 0;

  constructor(parts: FrameSinkParts) {
    this.wire = parts.wire;
    this.#parts = parts;
    for (const sign of ["pong", "ping", "message"] as const)
      parts.socket.on(sign, () => {
        this.#isAlive = true;
      });
  }

  start({ after, page, next, reset }: First): boolean {
    const { encoder } = this.#parts;
    this.#next = next;
    return this.#write((page ? encoder.page(page, next, reset) : encoder.empty(after, 0)).body);
  }

  rows(batch: Batch, next: number): boolean {
    this.#next = next;
    // Where there is always talk, a heartbeat is never due; a connection whose other end is gone would stay for its life.
    if (performance.now() - this.#pingedMs >= HEARTBEAT_MS && !this.#ping()) return false;
    return this.#write(this.#parts.encoder.rows(batch, next).body);
  }

  /**
   * A connection that has not even answered the ping before is half open: its other end is gone. Browsers hide pings
   * from scripts: the empty batch tells those that we are not.
   */
  heartbeat(): boolean {
    return this.#ping() && this.#write(this.#parts.encoder.empty(this.#next, 0).body);
  }

  end(why: End, error?: unknown): void {
    const { socket, sends, logger } = this.#parts;
    if (why === "slow") {
      socket.terminate();
      return;
    }
    const problem = why === "failed" ? problemOf(error, logger) : null;
    const code = problem?.code === "no_room" ? UNREADABLE : CLOSE_CODES[why];
    // What is being stored is acknowledged first; nothing more is taken.
    void sends.finish().then(() => {
      if (problem) this.#write(Buffer.from(JSON.stringify(problem)));
      socket.close(code, why);
    });
  }

  #ping(): boolean {
    const { socket } = this.#parts;
    if (!this.#isAlive) {
      socket.terminate();
      return false;
    }
    this.#isAlive = false;
    this.#pingedMs = performance.now();
    socket.ping();
    return true;
  }

  #write(frame: Buffer): boolean {
    this.#parts.socket.send(frame, { binary: false });
    return !this.wire.writableNeedDrain;
  }
}
