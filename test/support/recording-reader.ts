/** A reader that writes down how it was answered. */
import type { Batch } from "../../src/core/log.js";
import type { Place, Reader, Wake } from "../../src/core/reader.js";
import type { Tail } from "../../src/core/tail.js";
import { turn } from "./turn.js";

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

export interface Entering {
  readonly limit?: number;
  /** Default: no end. */
  readonly waitMs?: number;
}

/** Enters a reader, and waits until it is parked or answered, or what it waits for is held back. */
export async function enterAt(
  tail: Tail,
  rooms: string | readonly string[],
  after = 0,
  { limit, waitMs = Number.POSITIVE_INFINITY }: Entering = {},
): Promise<{ readonly reader: RecordingReader; readonly place: Place }> {
  const reader = new RecordingReader(rooms, after, limit);
  const place = tail.enter(reader, waitMs);
  await turn();
  return { reader, place };
}
