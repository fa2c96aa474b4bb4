/** The built-in identity: a name kept in the session. */
import type { IncomingMessage } from "node:http";
import { type Awaitable, andThen, isPending } from "../core/awaitable.js";
import type { User } from "../core/user.js";
import type { Identity } from "./identity.js";

/** What Parkbench keeps in a session, under the key `parkbench`. Changed only at sign-in, rename and sign-out. */
export interface Membership {
  readonly user: User;
  /** Random, made at sign-in and kept over renames: form tokens live as long as the session, not as its id. */
  readonly key: string;
  /** The log's epoch at that time. A host's session store outlives our database, and a new one gives ids anew. */
  readonly epoch: string;
}

/** A request that has been through express-session (ours or the host's). */
export interface SessionRequest extends IncomingMessage {
  session?: SessionObject;
}

export interface SessionObject {
  /** A `Membership`, or whatever else a foreign program left there. */
  parkbench?: unknown;
  readonly cookie?: {
    maxAge?: number | null | undefined;
    readonly originalMaxAge?: number | null | undefined;
  };
  /** `req.session` is another object afterwards, with what the store has. */
  reload(done: (error: unknown) => void): unknown;
  regenerate(done: (error: unknown) => void): unknown;
  save(done: (error: unknown) => void): unknown;
}

/** Reads a session's membership straight from cookie and store, without express-session, and never writes. */
export type LightReader = (req: IncomingMessage) => Awaitable<Membership | null>;

/** Uses the session that express-session loaded, else the light reader where there is one. */
export function sessionIdentity(lightReader: LightReader | null, epoch: string): Identity {
  const asked = new WeakMap<IncomingMessage, Awaitable<Membership | null>>();
  const heldBy = (req: SessionRequest): Awaitable<Membership | null> => {
    if (req.session) return asMembership(req.session.parkbench);
    if (!lightReader || req.headers.cookie === undefined) return null;
    const known = asked.get(req);
    if (known) return known;
    const read = lightReader(req);
    // Only what takes a read: the second question of a request must not cost another.
    if (isPending(read)) asked.set(req, read);
    return read;
  };
  const ofHeld = <T>(req: SessionRequest, pick: (held: Membership) => T): Awaitable<T | null> =>
    andThen(heldBy(req), (held) => (held?.epoch === epoch ? pick(held) : null));
  return {
    identify: (req) => ofHeld(req, ({ user }) => user),
    sessionOf: (req) => ofHeld(req, ({ key }) => key),
  };
}

/** What a session holds under `parkbench`; null for anything malformed. */
export function asMembership(held: unknown): Membership | null {
  const { user, key, epoch } = (held ?? {}) as Partial<Record<keyof Membership, unknown>>;
  const { id, name } = (user ?? {}) as Partial<Record<keyof User, unknown>>;
  if (typeof id !== "number" && typeof id !== "string") return null;
  if (typeof name !== "string" || typeof key !== "string" || typeof epoch !== "string") return null;
  return { user: { id, name }, key, epoch };
}
