/** The built-in identity: a name kept in the session. */
import type { IncomingMessage } from "node:http";
import type { User } from "../core/user.js";
import type { Identity } from "./identity.js";

/** What Parkbench keeps in a session, under the key `parkbench`. Changed only at sign-in, rename and sign-out. */
export interface Membership {
  readonly user: User;
  /** Random, made at sign-in and kept over renames: form tokens live as long as the session, not as its id. */
  readonly key: string;
}

/** A request that has been through express-session (ours or the host's). */
export interface SessionRequest extends IncomingMessage {
  session?: SessionObject;
}

export interface SessionObject {
  parkbench?: Membership;
  regenerate(done: (error: unknown) => void): unknown;
  save(done: (error: unknown) => void): unknown;
}

/** Reads a session's membership straight from cookie and store, without express-session, and never writes. */
export type LightReader = (req: IncomingMessage) => Promise<Membership | null>;

/** Uses the session that express-session loaded, else the light reader where there is one. */
export function sessionIdentity(lightReader: LightReader | null): Identity {
  const asked = new WeakMap<IncomingMessage, Promise<Membership | null>>();
  const membershipOf = (req: SessionRequest): Promise<Membership | null> | Membership | null => {
    if (req.session) return req.session.parkbench ?? null;
    if (!lightReader || req.headers.cookie === undefined) return null;
    const known = asked.get(req);
    if (known) return known;
    const read = lightReader(req);
    asked.set(req, read);
    return read;
  };
  return {
    identify: async (req) => (await membershipOf(req))?.user ?? null,
    sessionOf: async (req) => (await membershipOf(req))?.key ?? null,
  };
}
