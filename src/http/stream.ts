/** A reader that stays: parked again and again on one connection, each batch written as its transport writes. */
import type { IncomingMessage } from "node:http";
import type { Writable } from "node:stream";
import type { CrowdPlace } from "../core/crowd.js";
import { Deadlines } from "../core/deadlines.js";
import type { Load } from "../core/load.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Place, Wake } from "../core/reader.js";
import type { Tail } from "../core/tail.js";
import type { Asker } from "../identity/identity.js";
import { jittered } from "./jitter.js";
import { connectionOf } from "./order.js";
import type { Parking } from "./parking.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { heardBy, type Reading } from "./reading.js";
import { type First, firstOf } from "./start.js";

/** Silence that proxies bear: the shortest measured cut is at 50 s, and a heartbeat may be lost. */
export const HEARTBEAT_MS = 15_000;
/** A reader that does not take what was written is cut: after this, and as long as a satellite link would take for it. */
const DRAIN_MS = 15_000;
const SLOWEST_BYTES_PER_S = 4096;

/** Why a stream ended; `failed` comes with the error, a room that may not be read any more among them. */
export type End = "life" | "full" | "closing" | "session" | "client" | "slow" | "failed";

/** How a transport writes. Each method returns false when the connection's buffer is full: nothing is written until it has drained. */
export interface Sink {
  /** The first thing, at once. `after` is before the first row that follows; a `page`'s rows come now, `next` behind. */
  start(first: First): boolean;
  /** Rows, maybe none, and the cursor behind them: what a reader does not want to hear is left out. */
  rows(batch: Batch, next: number): boolean;
  heartbeat(): boolean;
  /** Where it writes to. */
  readonly wire: Writable;
  end(why: End, error?: unknown): void;
}

export interface StreamParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly parking: Parking;
  readonly load: Load;
  /** Of unread bytes, beyond which nothing more is written. */
  readonly bufferBytesMax: number;
}

export interface Asked extends Reading {
  readonly asker: Asker;
  /** How long the stream lives, in ms; up to a fifth less. */
  readonly lifeMs: number;
}

/** All streams of a chat: they share their timers, and end together. */
export class Streams {
  readonly #parts: StreamParts;
  readonly #open = new Set<Stream>();
  readonly #lives = new Deadlines<Stream>((stream) => stream.end("life"));
  readonly #drains = new Deadlines<Stream>((stream) => stream.end("slow"));

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** Rejects, with nothing written, when the log cannot be read. The rooms must have been found readable. */
  async open(req: IncomingMessage, asked: Asked, sink: Sink): Promise<void> {
    if (!this.#parts.load.parks) return sink.end("full");
    const first = await firstOf(asked, asked.asker.user, this.#parts);
    const stream = new Stream(this.#parts, asked, sink, this.#drains);
    const listed = this.#parts.parking.enlist(req, { client: asked.client, ...asked.asker }, stream);
    if (listed === "gone") return;
    if (listed === "full") return sink.end("full");
    this.#open.add(stream);
    const life = this.#lives.add(stream, jittered(asked.lifeMs));
    try {
      stream.begin(first, () => {
        this.#parts.parking.unlist(connectionOf(req), stream, listed);
        life?.leave();
        this.#open.delete(stream);
      });
    } catch (error) {
      // A host's own time limit may have answered in our place.
      stream.leave();
      throw error;
    }
  }

  /** Also those that wait for a slow reader and are at no tail now. */
  close(): void {
    for (const stream of [...this.#open]) stream.end("closing");
  }
}

class Stream {
  readonly #parts: StreamParts;
  readonly #asked: Asked;
  readonly #sink: Sink;
  readonly #drains: Deadlines<Stream>;
  #after = 0;
  #place: Place | null = null;
  #isOver = false;
  #isBehind = false;
  #isDue = false;
  #drain: CrowdPlace<Stream> | null = null;
  #off: () => void = () => {};

  constructor(parts: StreamParts, asked: Asked, sink: Sink, drains: Deadlines<Stream>) {
    this.#parts = parts;
    this.#asked = asked;
    this.#sink = sink;
    this.#drains = drains;
  }

  begin(first: First, off: () => void): void {
    this.#off = off;
    this.#after = first.next;
    this.#go(this.#sink.start(first));
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#place?.leave();
    this.#drain?.leave();
    this.#off();
  }

  release(why: "client" | "session"): void {
    this.end(why);
  }

  end(why: End, error?: unknown): void {
    if (this.#isOver) return;
    if (why === "life" && this.#isBehind) {
      this.#isDue = true;
      return;
    }
    this.leave();
    // Whoever has not even taken the rows would not take the goodbye either, and stay for ever.
    this.#sink.end(this.#isBehind || this.#sink.wire.writableNeedDrain ? "slow" : why, error);
  }

  /** On with the next batch: at once, or when a slow reader has taken what was written. */
  #go(isFlowing: boolean): void {
    if (this.#isOver) return;
    const { wire } = this.#sink;
    if (isFlowing || wire.writableLength < this.#parts.bufferBytesMax) {
      this.#park();
      return;
    }
    this.#isBehind = true;
    const waitMs = DRAIN_MS + (wire.writableLength * 1000) / SLOWEST_BYTES_PER_S;
    this.#drain = this.#drains.add(this, waitMs);
    wire.once("drain", () => {
      this.#isBehind = false;
      this.#drain?.leave();
      if (this.#isDue) this.end("life");
      else if (!this.#isOver) this.#park();
    });
  }

  #park(): void {
    const reader = {
      rooms: this.#asked.rooms,
      after: this.#after,
      limit: this.#asked.limit,
      wake: (batch: Batch, why: Wake) => this.#woken(batch, why),
      fail: (error: unknown) => this.end("failed", error),
    };
    const before = this.#place;
    const place = this.#parts.tail.enter(reader, HEARTBEAT_MS);
    // It may have been answered, and have parked again, before this returned.
    if (this.#place === before) this.#place = place;
  }

  #woken(batch: Batch, why: Wake): void {
    if (this.#isOver) return;
    if (why === "timeout") this.#go(this.#sink.heartbeat());
    // What a slow reader had not taken may have been removed meanwhile: it comes back with its cursor, and is told.
    else if (why !== "rows" || batch.gap !== undefined) this.end(why === "closing" ? why : "life");
    else if (!this.#parts.rooms.arePrivate) this.#write(batch);
    else this.#writeIfReadable(batch);
  }

  /** Rights may have gone while the reader was parked. */
  #writeIfReadable(batch: Batch): void {
    Promise.resolve(this.#parts.rooms.mustRead(this.#asked.asker.user, this.#asked.rooms)).then(
      () => this.#write(batch),
      (error: unknown) => this.end("failed", error),
    );
  }

  #write(batch: Batch): void {
    if (this.#isOver) return;
    this.#after = batch.messages.at(-1)?.id ?? this.#after;
    this.#go(this.#sink.rows(heardBy(batch, this.#asked.asker.user, this.#asked.echo), this.#after));
  }
}
