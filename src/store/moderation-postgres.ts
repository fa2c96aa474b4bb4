/** What an owner or a moderator may do, in PostgreSQL. */
import type { Moderation } from "../core/moderation.js";
import type { Pooled } from "./pooled.js";

export interface PostgresModerationParts {
  readonly db: Pooled;
  readonly ring: () => void;
  readonly now: () => number;
}

/** Still to be written: nobody is restricted, nobody is a moderator. */
export class PostgresModeration implements Pick<Moderation, "restrictions" | "isModerator"> {
  constructor(_parts: PostgresModerationParts) {}
  restrictions = () => Promise.resolve([]);
  isModerator = () => Promise.resolve(false);
}
