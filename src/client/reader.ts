/** Whom the ladder reads for. */
import type { Batch, Problem } from "./message.js";
import type { Skipped } from "./rungs.js";

export interface Reader {
  /** The transports to use; the order is ours. */
  readonly transports: string[];
  address(path: string, more: string): string;
  take(batch: Batch): void;
  opened(transport: string, skipped: Skipped): void;
  closed(why: string): void;
  /** It has ended for good. */
  failed(problem: Problem): void;
}
