/** Rows by which processes tell one another to drop what they cached and to release readers. */

export interface ControlRow {
  readonly id: number;
  /** `session`: the session named by `subject` ended. Further kinds are added, never changed. */
  readonly kind: string;
  readonly subject: string;
}

/** Every process has read a row within a second. A week is for one that was stopped, and goes on. */
export const CONTROL_KEPT_MS = 7 * 24 * 3600_000;

/** Read on the same bell as messages: a row written here rings every process's log listeners. */
export interface Control {
  append(kind: string, subject: string): Promise<void>;
  /** Rows with an id above `after`, ascending, at most `limit`. */
  since(after: number, limit: number): Promise<readonly ControlRow[]>;
  /** The highest id ever given out, 0 when there is none. */
  newest(): Promise<number>;
}
