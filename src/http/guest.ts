/** Somebody who stays: what is known of them, and what is asked of them. */
import type { User } from "../core/user.js";

/** For whom a request stays open. */
export interface Stay {
  /** The client's own key: a newer reader of the same session, else address, with it releases the older. Null: no such rule. */
  readonly client: string | null;
  /** The asking session, whose end releases the reader. */
  readonly session: string | null;
  /** Whose ban releases the reader. */
  readonly user: User | null;
}

/** A reader that stays, as the parking knows it. */
export interface Guest {
  /** The socket is gone: forget everything without a word. */
  leave(): void;
  /** Answer now, for a newer reader of the same client or because the session has ended. */
  release(why: "client" | "session"): void;
}
