/** What a client sends in frames: one after the other, each acknowledged or refused in a frame of its own. */
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import type { Logger } from "../core/logger.js";
import { NONCE } from "../core/text.js";
import { turn } from "../core/turn.js";
import type { Asker } from "../identity/identity.js";
import { problemOf } from "./errors.js";
import { type Fields, fieldsOf, parseJson } from "./request.js";
import type { Send } from "./send.js";

export interface FrameParts {
  readonly socket: WebSocket;
  readonly wire: Duplex;
  readonly asker: Asker;
  readonly address: string;
  readonly send: Send;
  readonly bytesMax: number;
  readonly logger: Logger;
}

/** Frames that wait while one is stored: beyond it the connection is not read from. */
const WAITING_MAX = 16;

export class FrameSends {
  readonly #parts: FrameParts;
  readonly #waiting: Buffer[] = [];
  #isWorking = false;
  /** The send under way, until it has been answered. */
  #storing: Promise<void> | null = null;
  #isOver = false;
  #owesPong = false;

  constructor(parts: FrameParts) {
    this.#parts = parts;
  }

  take(content: RawData, isBinary: boolean): void {
    const { socket } = this.#parts;
    if (this.#isOver) return;
    if (isBinary) {
      // What is behind it would be stored with nobody to acknowledge it to.
      void this.finish().then(() => socket.close(1003, "text frames only"));
      return;
    }
    this.#waiting.push(content as Buffer);
    if (this.#waiting.length >= WAITING_MAX) socket.pause();
    if (!this.#isWorking) void this.#work();
  }

  /** Takes nothing more, as the session may have ended; resolves when what is being stored has been answered. */
  async finish(): Promise<void> {
    this.#isOver = true;
    this.#waiting.length = 0;
    // Or the other end's close would never be read.
    this.#parts.socket.resume();
    await this.#storing;
  }

  /** One pong answers all pings so far (RFC 6455, section 5.5.3): a flood of them, unread, must not fill our memory. */
  pong(): void {
    const { socket, wire } = this.#parts;
    if (!wire.writableNeedDrain) {
      socket.pong();
      return;
    }
    if (this.#owesPong) return;
    this.#owesPong = true;
    wire.once("drain", () => {
      this.#owesPong = false;
      if (socket.readyState === socket.OPEN) socket.pong();
    });
  }

  async #work(): Promise<void> {
    const { socket, wire } = this.#parts;
    this.#isWorking = true;
    for (let frame = this.#waiting.shift(); frame; frame = this.#waiting.shift()) {
      // Whoever does not read the answers gets no more of them, and is not read from either.
      while (wire.writableNeedDrain && !wire.destroyed) await drained(wire);
      if (this.#isOver) return;
      this.#storing = this.#answer(frame).then((answer) => {
        if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(answer));
      });
      await this.#storing;
      // Frames that fail are answered within the turn: 400,000 of them would hold up everybody for seconds (measured).
      await turn();
      if (this.#waiting.length === 0) socket.resume();
    }
    this.#isWorking = false;
  }

  async #answer(frame: Buffer): Promise<object> {
    const { asker, address, send, bytesMax, logger } = this.#parts;
    let fields: Fields = new Map();
    try {
      fields = fieldsOf(parseJson(frame.toString(), bytesMax));
      const { status, content } = await send(fields, asker, address);
      return { status, ...content };
    } catch (error) {
      const nonce = fields.get("nonce")?.[0];
      const isNamed = typeof nonce === "string" && NONCE.test(nonce);
      return { ...problemOf(error, logger), ...(isNamed ? { nonce } : {}) };
    }
  }
}

function drained(wire: Duplex): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      wire.off("drain", end);
      wire.off("close", end);
      done();
    };
    wire.once("drain", end);
    wire.once("close", end);
  });
}
