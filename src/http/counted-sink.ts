/** A stream's sink by which the messages that go through it are counted. */
import type { Counts, Transport } from "../core/counts.js";
import type { Batch } from "../core/log.js";
import type { First } from "./start.js";
import type { End, Sink } from "./stream.js";

export class CountedSink implements Sink {
  readonly #sink: Sink;
  readonly #counts: Counts;
  readonly #transport: Transport;

  constructor(sink: Sink, counts: Counts, transport: Transport) {
    this.#sink = sink;
    this.#counts = counts;
    this.#transport = transport;
  }

  get wire(): Sink["wire"] {
    return this.#sink.wire;
  }

  start(first: First): boolean {
    if (first.page) this.#count(first.page);
    return this.#sink.start(first);
  }

  rows(batch: Batch, next: number): boolean {
    this.#count(batch);
    return this.#sink.rows(batch, next);
  }

  heartbeat(): boolean {
    return this.#sink.heartbeat();
  }

  end(why: End, error?: unknown): void {
    if (why === "full") this.#counts.refuse("full");
    this.#sink.end(why, error);
  }

  #count({ messages }: Batch): void {
    this.#counts.delivered[this.#transport] += messages.length;
  }
}
