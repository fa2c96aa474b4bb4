/** Sessions that were read moments ago, by the Cookie header they came with: a poll needs neither signature nor store. */
import type { Sessions } from "../core/session.js";
import type { TimedCache } from "../core/timed-cache.js";
import type { Membership } from "./session-identity.js";

/** Only of those who have one: whoever has no session costs no read. */
export type SessionCache = TimedCache<Membership>;

/** The same sessions; what is written to them is believed at once. */
export function clearing(sessions: Sessions, cache: SessionCache): Sessions {
  const andClear = async (written: Promise<void>) => {
    try {
      await written;
    } finally {
      cache.clear();
    }
  };
  return {
    read: (id) => sessions.read(id),
    write: (id, record) => andClear(sessions.write(id, record)),
    touch: (id, expiresAt) => sessions.touch(id, expiresAt),
    destroy: (id) => andClear(sessions.destroy(id)),
    prune: (limit) => sessions.prune(limit),
  };
}
