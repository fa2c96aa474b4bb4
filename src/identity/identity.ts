/** Who is speaking: the seam between Parkbench and whatever knows the people. */
import type { IncomingMessage } from "node:http";
import { type Awaitable, andThen, isPending } from "../core/awaitable.js";
import type { Room } from "../core/room.js";
import type { User } from "../core/user.js";

/** Passed by a host application, or built in (`sessionIdentity`). Asked on every request; must not write. */
export interface Identity {
  /** Null for somebody who is not signed in. */
  identify(req: IncomingMessage): Awaitable<User | null>;
  /**
   * A stable text that names the asking session, the same for its whole life: form tokens are bound to it, and a newer
   * poll of the same session releases the older. Null without a session. Default: the user's id.
   */
  sessionOf?(req: IncomingMessage): Awaitable<string | null>;
  /** Asked when a request comes and again when a parked reader is woken. Default: yes. `user` is null when signed out. */
  mayRead?(user: User | null, room: Room): Awaitable<boolean>;
  /** Default: yes for a signed-in user; for one who is signed out as `guests` says. */
  mayPost?(user: User | null, room: Room): Awaitable<boolean>;
  /** May this user remove messages, mute and ban? Default: no; with the built-in names, who has typed an owner's code. */
  mayModerate?(user: User): Awaitable<boolean>;
}

/** What a request says of its sender. */
export interface Asker {
  readonly user: User | null;
  readonly session: string | null;
  /**
   * Came by a form of somebody who keeps no cookies: the value of its field `sealed`, which the next form carries on; ""
   * while signed out.
   */
  readonly sealed?: string;
}

export const NOBODY: Asker = Object.freeze({ user: null, session: null });

/** At once where the identity answers at once. */
export function askerOf(identity: Identity, req: IncomingMessage): Awaitable<Asker> {
  const user = identity.identify(req);
  if (isPending(user)) return user.then((found) => withSession(identity, req, found));
  return withSession(identity, req, user);
}

function withSession(identity: Identity, req: IncomingMessage, user: User | null): Awaitable<Asker> {
  if (!identity.sessionOf) return asker(user, user && `user:${user.id}`);
  return andThen(identity.sessionOf(req), (session) => asker(user, session));
}

function asker(user: User | null, session: string | null): Asker {
  return user || session ? { user, session } : NOBODY;
}
