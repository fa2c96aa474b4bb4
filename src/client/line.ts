/** What a transport is given, and what it is. */
import type { Batch, Problem } from "./message.js";

export interface Line {
  /** Of this reader at its cursor, never the same twice: no cache or proxy can join two. `more` is further query. */
  address(path: string, more: string): string;
  /** A whole frame has come; the first one proves the transport. */
  take(batch: Batch): void;
  /** It has ended. With a problem, trying again is no use; `delayMs` is the least pause before it. */
  over(problem?: Problem | null, delayMs?: number): void;
}

/** Starts reading; returns how to end it silently. */
export type Transport = (line: Line) => () => void;
