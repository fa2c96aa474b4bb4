/** Who is speaking: the seam between Parkbench and whatever knows the people. */
import type { IncomingMessage } from "node:http";
import type { Room } from "../core/room.js";
import type { User } from "../core/user.js";

type Awaitable<T> = T | Promise<T>;

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

export async function askerOf(identity: Identity, req: IncomingMessage): Promise<Asker> {
  const user = await identity.identify(req);
  const session = identity.sessionOf ? await identity.sessionOf(req) : user && `user:${user.id}`;
  return user || session ? { user, session } : NOBODY;
}
