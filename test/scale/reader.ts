/** A reader that comes back with its cursor for ever, and checks that each message comes once and in order. */
import type { Batch } from "../../src/core/log.js";
import type { Around, ModelProcess } from "./process.js";

const WAIT_MS = 25_000;
/** Less than a run is quiet for at its end. */
const RETRY_MS = 1000;

/** Told of each message that woke a reader which had been parked before the message was on disk. */
export type OnWake = (id: number, wokenAtMs: number, answeredAtMs: number) => void;

export class ModelReader {
  readonly room: string;
  /** How many messages it has. */
  have = 0;
  /** Messages that came twice, too early or not of its room. */
  wrong = 0;
  readonly #around: Around;
  readonly #onWake: OnWake;
  /** Where it comes back to. */
  readonly #nextProcess: () => ModelProcess;
  #after = 0;

  constructor(around: Around, nextProcess: () => ModelProcess, room: string, onWake: OnWake) {
    this.#around = around;
    this.#nextProcess = nextProcess;
    this.room = room;
    this.#onWake = onWake;
  }

  enter(): void {
    const process = this.#nextProcess();
    const enteredAtMs = this.#around.clock.nowMs;
    process.tail.enter(
      {
        rooms: [this.room],
        after: this.#after,
        limit: 100,
        wake: (batch) => this.#wake(batch, process, enteredAtMs),
        // As a poll that is answered with 503: when many ask at once, the database may be too slow for some of them.
        fail: () => this.#around.clock.call(RETRY_MS, () => this.enter()),
      },
      WAIT_MS,
    );
  }

  #wake({ messages }: Batch, process: ModelProcess, enteredAtMs: number): void {
    const { clock, database, model } = this.#around;
    const answeredMs = process.cores.spend(model.deliveryUs);
    const rows = database.rowsOf(this.room);
    for (const message of messages) {
      const isNext = rows[this.have]?.id === message.id;
      if (isNext) this.have += 1;
      else this.wrong += 1;
      this.#after = message.id;
      if (enteredAtMs < (database.committedAtMs[message.id] ?? 0))
        this.#onWake(message.id, clock.nowMs, clock.nowMs + answeredMs);
    }
    if (!process.tail.isClosed) clock.call(answeredMs + model.awayMs, () => this.enter());
  }
}
