/** /session: who am I, sign in under a name, sign out. The last two only with the built-in identity. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Control } from "../core/control.js";
import { ParkbenchError } from "../core/errors.js";
import type { UserId } from "../core/message.js";
import type { Name, Users } from "../core/user.js";
import { askerOf } from "../identity/identity.js";
import { checkName } from "../identity/names.js";
import type { SealedSessions } from "../identity/sealed.js";
import {
  asMembership,
  type Membership,
  type SessionObject,
  type SessionRequest,
} from "../identity/session-identity.js";
import { writeJson } from "./answer.js";
import { problemOf, writeProblem } from "./errors.js";
import { type FormParts, formHandler, typed } from "./form.js";
import { fresh } from "./fresh.js";
import { OneByOne } from "./one-by-one.js";
import type { Pages } from "./pages.js";
import type { Handler } from "./poll.js";
import { only } from "./request.js";
import { SealedSignIn, type SealedSignInParts } from "./sealed-session.js";

export interface SessionParts extends FormParts, SealedSignInParts {
  readonly users: Users;
  readonly control: Control;
  readonly pages: Pages;
  readonly sealed: SealedSessions;
  /** The log's, kept with every sign-in: user ids mean nothing in another database. */
  readonly epoch: string;
}

export interface SessionHandlers {
  readonly signIn: Handler;
  readonly signOut: Handler;
}

/** Changes to sessions under way in this process, by the session's key: two at once would leave two cookies signed in. */
const changes = new OneByOne();

export function sessionHandlers(parts: SessionParts): SessionHandlers {
  const sealed = new SealedSignIn(parts);
  return {
    signIn: signInHandler(parts, sealed),
    signOut: signOutHandler(parts, sealed),
  };
}

/** GET: the user and a form token; sets no cookie, makes no session. */
export function whoHandler({ identity, tokens, logger }: FormParts): Handler {
  return (req, res) => {
    answer(req, res).catch((error: unknown) => writeProblem(req, res, problemOf(error, logger)));
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { user, session } = await askerOf(identity, req);
    writeJson(res, 200, { user, token: tokens.make(session) });
  }
}

/** POST /session: signs in, or renames who is signed in already. */
function signInHandler(parts: SessionParts, sealed: SealedSignIn): Handler {
  return formHandler(parts, {
    signsIn: true,
    alsoAllows: ["GET", "HEAD"],
    recall: (req, fields) => sealed.recall(req, fields),
    async act(req, fields, asker) {
      const raw = only(fields, "name", "bad_name");
      if (raw === undefined) throw new ParkbenchError("no_name", 'Give a name in "name".');
      const name = checkName(raw);
      parts.guard.refuseName(name.shown);
      if (asker.sealed !== undefined) {
        const entered = await sealed.enter(req, fields, asker, name);
        return { status: 201, content: {}, location: "/", asker: entered };
      }
      const { user, key } = await (asker.user && asker.session !== null
        ? rename(req, asker.user.id, asker.session, name)
        : enter(req, name));
      return { status: 201, content: { user, token: parts.tokens.make(key) }, location: fresh("/") };
    },
    next: (req, _fields, asker) => parts.pages.home(req, asker, {}),
    page: (req, fields, asker, problem) =>
      parts.pages.home(req, asker, { problem, typed: { name: typed(fields, "name") } }),
  });

  async function enter(req: SessionRequest, name: Name): Promise<Membership> {
    const session = sessionOf(req);
    const user = await parts.signInLimit.within(req, () => parts.users.create(name));
    const membership = { user, key: randomBytes(16).toString("base64url"), epoch: parts.epoch };
    await renew(session, req, membership);
    return membership;
  }

  function rename(req: SessionRequest, id: UserId, key: string, name: Name): Promise<Membership> {
    return changes.run(key, async () => {
      const session = await stillSignedIn(req, key);
      const membership = { user: await parts.users.rename(id, name), key, epoch: parts.epoch };
      await renew(session, req, membership);
      // Other processes may have read the session under its old id a moment ago.
      await parts.control.append("renamed", key);
      return membership;
    });
  }
}

/** POST /session/end: the name is free at once, and parked requests of the session are answered. */
function signOutHandler(parts: SessionParts, sealed: SealedSignIn): Handler {
  return formHandler(parts, {
    async act(req, _fields, asker) {
      const { user, session: key } = asker;
      if (asker.sealed) return { status: 200, content: {}, location: "/", asker: await sealed.leave(asker) };
      if (user && key !== null) {
        await changes.run(key, async () => {
          const session = await stillSignedIn(req, key);
          // The session first: a page of it that is loaded in between would hold the name again.
          await renew(session, req, null);
          await parts.control.append("session", key);
          await parts.users.release(user.id);
        });
      }
      return { status: 200, content: { user: null, token: parts.tokens.make(null) }, location: fresh("/") };
    },
    next: (req, _fields, asker) => parts.pages.home(req, asker, {}),
    page: (req, _fields, asker, problem) => parts.pages.home(req, asker, { problem }),
  });
}

function sessionOf(req: SessionRequest): SessionObject {
  if (req.session) return req.session;
  throw new Error(
    "Signing in needs express-session in front of the chat's router, or an identity of the host's own",
  );
}

/** The session, if it is still there: a request that came with this one may have renewed or ended it. */
async function stillSignedIn(req: SessionRequest, key: string): Promise<SessionObject> {
  const session = sessionOf(req);
  const isThere = await done((callback) => session.reload(callback)).then(
    () => true,
    (error: unknown) => {
      if (isGone(error)) return false;
      throw error;
    },
  );
  if (isThere && asMembership(sessionOf(req).parkbench)?.key === key) {
    // What the host has put into it during this request is not at rest yet.
    req.session = session;
    return session;
  }
  // Else a host's `resave: true` would write it again, and a session that ended would be back.
  delete req.session;
  throw new ParkbenchError(
    "not_signed_in",
    "Another request has renamed you or signed you out just now, so nothing was changed by this one. Load the page again, and repeat it if it is still needed.",
  );
}

/** What express-session says, and what it takes a store to mean, when there is no such session. */
function isGone(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "ENOENT" || message === "failed to load session";
}

/** A new session id at every change of who is speaking: an id that somebody planted before is worth nothing after. */
async function renew(
  session: SessionObject,
  req: SessionRequest,
  membership: Membership | null,
): Promise<void> {
  // A host application keeps its own things in the same session; they move along.
  const { cookie, parkbench: _before, ...hosts } = session;
  await done((callback) => session.regenerate(callback));
  const renewed = sessionOf(req);
  // And the cookie lives as long as the host has said ("remember me"), not as long as new ones do.
  if (cookie && renewed.cookie) renewed.cookie.maxAge = cookie.originalMaxAge;
  Object.assign(renewed, hosts, membership && { parkbench: membership });
  if (membership || Object.keys(hosts).length > 0) await done((callback) => renewed.save(callback));
}

function done(start: (callback: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error instanceof Error ? error : new Error(String(error))) : resolve()));
  });
}
