/** One write that waits for its transaction, and what became of it. */

export interface Job {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly rings: boolean;
  readonly until: number;
  /** Has been in a group that was undone for a job that threw: the next one gives each job its own savepoint. */
  isAgain: boolean;
}

/** What became of a job before the commit; its promise settles after. */
export type Outcome =
  | { readonly job: Job; readonly isDone: true; readonly value: unknown }
  | { readonly job: Job; readonly isDone: false; readonly error: unknown };
