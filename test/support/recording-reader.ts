/** A reader that writes down how it was answered. */
import type { Batch } from "../../src/core/log.js";
import type { Reader, Wake } from "../../src/core/reader.js";

export interface Answer {
  readonly batch: Batch;
  readonly why: Wake;
}

export class RecordingReader implements Reader {
  readonly rooms: readonly string[];
  readonly after: number;
  readonly limit: number;
  readonly answers: Answer[] = [];
  readonly failures: unknown[] = [];

  constructor(rooms: string | readonly string[], after: number, limit = 100) {
    this.rooms = typeof rooms === "string" ? [rooms] : rooms;
    this.after = after;
    this.limit = limit;
  }

  wake(batch: Batch, why: Wake): void {
    this.answers.push({ batch, why });
  }

  fail(error: unknown): void {
    this.failures.push(error);
  }

  /** One word per answer: why, and the ids it brought. */
  get heard(): readonly string[] {
    return this.answers.map(({ batch, why }) => [why, ...batch.messages.map(({ id }) => id)].join(" "));
  }
}
