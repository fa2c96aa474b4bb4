/** Whoever waits with a cursor, and the place it has at the tail meanwhile. */
import type { Counts } from "./counts.js";
import type { Batch } from "./log.js";
import type { Logger } from "./logger.js";

/** Why a reader was answered. Only `rows` comes with messages, or with a batch that says of a gap. */
export type Wake = "rows" | "timeout" | "released" | "closing";

/** Whoever waits with a cursor. Exactly one of `wake` and `fail` is called, once; neither after it has left. */
export interface Reader {
  /** Distinct room names. */
  readonly rooms: readonly string[];
  /** The last id the reader has. */
  readonly after: number;
  readonly limit: number;
  /** Readers woken together receive the same frozen batch, so that it can be encoded once for all. */
  wake(batch: Batch, why: Wake): void;
  /** The log could not be read for this reader; its cursor still holds. */
  fail(error: unknown): void;
}

/** A reader's place at the tail. Both ends of it are harmless to call twice. */
export interface Place {
  /** The reader is gone: forget it without a word. */
  leave(): void;
  /** Answer the reader now, empty. */
  release(): void;
}

export interface NextOptions {
  /** How long to stay parked, in ms; `Infinity` for no deadline. */
  readonly waitMs: number;
  /** Most rows in one batch. Default 100. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface FollowOptions {
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface TailOptions {
  readonly logger?: Logger;
  /** Where lost and late wake-ups are counted. Default: nowhere that anybody looks. */
  readonly counts?: Counts;
  /** Readers woken between two looks at other work. Default 256. */
  readonly sliceReaders?: number;
  /** How long the log is followed on for nobody: a reader that was answered comes back in moments. Default 5000. */
  readonly lingerMs?: number;
}
