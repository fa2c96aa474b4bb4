/** All that one database holds. */
import type { Control } from "./control.js";
import type { Counts } from "./counts.js";
import type { MessageLog } from "./log.js";
import type { Moderation } from "./moderation.js";
import type { Rates } from "./rates.js";
import type { Retention } from "./retention.js";
import type { Rooms } from "./room.js";
import type { Sessions } from "./session.js";
import type { Users } from "./user.js";

export interface Store {
  readonly log: MessageLog;
  readonly rooms: Rooms;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly control: Control;
  /** What this process has done since it opened the store: everybody over it counts here. */
  readonly counts: Counts;
  /** Counts for every process on the database, and rejects when it cannot; without it, each counts for itself. */
  readonly rates?: Rates;
  /** Whether each call is a round trip to another program: then what was read moments ago is worth keeping. */
  readonly isRemote?: boolean;
  readonly retention: Retention;
  readonly moderation: Moderation;
  /**
   * Rejects when the database cannot be read and written now, or is not the file at its path any more
   * (`storage_lost`): the question behind `/readyz`.
   */
  check(): Promise<void>;
  /**
   * Finds out, without a write, that the database is not the file at its path any more, or has another log: whoever opened
   * it is told.
   */
  look(): void;
  close(): Promise<void>;
}
