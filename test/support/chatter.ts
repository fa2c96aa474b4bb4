/** A reader that asks again and again from its last id, and says what was wrong with the answers it got. */
import type { Batch } from "../../src/core/log.js";
import type { Message } from "../../src/core/message.js";
import type { Place, Reader, Wake } from "../../src/core/reader.js";

/** Where readers wait: the tail, or something that would like to be one. */
export interface Waiting {
  readonly parked: number;
  enter(reader: Reader, waitMs: number): Place;
}

export interface ChatterParts {
  readonly waiting: Waiting;
  /** All rows there are: what the answers are held against. */
  readonly rows: readonly Message[];
  readonly rooms: readonly string[];
  readonly after: number;
  readonly limit: number;
  readonly waitMs: number;
  /** Asks again within its answer, as a busy loop would; otherwise when it is told to. */
  readonly isEager: boolean;
}

export class Chatter {
  /** What went wrong. An error thrown in an answer would be caught by whoever gave it. */
  readonly faults: string[] = [];
  readonly #parts: ChatterParts;
  readonly #got: number[] = [];
  #place: Place | null = null;
  #questions = 0;

  constructor(parts: ChatterParts) {
    this.#parts = parts;
  }

  get isWaiting(): boolean {
    return this.#place !== null;
  }

  /** The ids that it should have had by now and has not. */
  get missing(): readonly number[] {
    return this.#due(this.#cursor).map(({ id }) => id);
  }

  get #cursor(): number {
    return this.#got.at(-1) ?? this.#parts.after;
  }

  ask(): void {
    if (this.isWaiting) return;
    const { waiting, rooms, limit, waitMs } = this.#parts;
    const question = ++this.#questions;
    const answered = (answer: () => void) => {
      if (question !== this.#questions) this.faults.push("answered after it had left, or twice");
      else answer();
    };
    const reader: Reader = {
      rooms,
      after: this.#cursor,
      limit,
      wake: (batch, why) => answered(() => this.#hear(batch, why)),
      fail: () => answered(() => this.#settle()),
    };
    const place = waiting.enter(reader, waitMs);
    if (question === this.#questions) this.#place = place;
  }

  leave(): void {
    this.#place?.leave();
    this.#settle();
  }

  release(): void {
    const question = this.#questions;
    this.#place?.release();
    if (this.isWaiting && question === this.#questions) this.faults.push("not answered when it was released");
  }

  #hear({ messages }: Batch, why: Wake): void {
    const expected = this.#due(this.#cursor).slice(0, messages.length);
    if ((why === "rows") !== messages.length > 0) this.faults.push(`"${why}" with ${messages.length} rows`);
    if (messages.length > this.#parts.limit) this.faults.push("more rows than its limit");
    const [ids, due] = [messages, expected].map((rows) => rows.map(({ id }) => id).join(" "));
    if (ids !== due) this.faults.push(`got ${ids}, due was ${due}`);
    this.#got.push(...messages.map(({ id }) => id));
    this.#settle();
    if (this.#parts.isEager) this.ask();
  }

  /** Whatever comes for the question asked so far is too late from now on. */
  #settle(): void {
    this.#questions++;
    this.#place = null;
  }

  #due(after: number): readonly Message[] {
    return this.#parts.rows.filter(({ id, room }) => id > after && this.#parts.rooms.includes(room));
  }
}
