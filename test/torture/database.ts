/** The database under a torture run: what processes are told of it, what can be done to it, and what is in it. */
import type { DatabaseAct, Row, Sent } from "./history.js";

export interface TortureDatabase {
  readonly store: "sqlite" | "postgres";
  /** For the environment of each process. */
  readonly env: Readonly<Record<string, string>>;
  /** What `strike` can do; of a file, nothing. */
  readonly acts: readonly DatabaseAct[];

  /** Does one of its acts to it; resolves when it is over, with false where it came to nothing. */
  strike(act: DatabaseAct, downMs: number): Promise<boolean>;
  /** Runs a job while nothing is done to it, and nothing before has still its effect. */
  undisturbed<T>(job: () => Promise<T>): Promise<T>;
  /**
   * Whether something was done to it between two times of `Date.now()`, or has had its effect still: for as long after
   * it as is given.
   */
  wasStruck(fromMs: number, toMs: number, afterMs: number): boolean;
  /** Resolves when so many connections listen; on a file nobody has to. */
  isListenedTo(connections: number): Promise<void>;

  /**
   * Inserts a row as another program, whose transaction stays open for `holdMs`; its id, or null where nobody knows what
   * has become of it. Rejects when it was refused though nothing was done to the database.
   */
  insert(row: Sent, holdMs: number): Promise<number | null>;
  /** All rows, ascending. */
  rows(): Promise<readonly Row[]>;
  /** Lets go of it. What was made for it is removed, unless it is worth a look: then where it lies is said. */
  close(isKept: boolean): Promise<string>;
}
