/** /session: who am I, sign in under a name, sign out. Only with the built-in identity. */
import { randomBytes } from "node:crypto";
import type { Control } from "../core/control.js";
import { ParkbenchError } from "../core/errors.js";
import type { Users } from "../core/user.js";
import { askerOf } from "../identity/identity.js";
import { checkName } from "../identity/names.js";
import type { Membership, SessionObject, SessionRequest } from "../identity/session-identity.js";
import { writeJson } from "./answer.js";
import { problemOf, writeProblem } from "./errors.js";
import { type FormParts, formHandler, typed } from "./form.js";
import type { Pages } from "./pages.js";
import type { Handler } from "./poll.js";
import { only } from "./request.js";

export interface SessionParts extends FormParts {
  readonly users: Users;
  readonly control: Control;
  readonly pages: Pages;
}

/** GET: the user and a form token; sets no cookie, makes no session. */
export function whoHandler({ identity, tokens, logger }: FormParts): Handler {
  return (req, res) => {
    askerOf(identity, req).then(
      ({ user, session }) => writeJson(res, 200, { user, token: tokens.make(session) }),
      (error: unknown) => writeProblem(req, res, problemOf(error, logger)),
    );
  };
}

/** POST /session: signs in, or renames who is signed in already. */
export function signInHandler(parts: SessionParts): Handler {
  return formHandler(parts, {
    signsIn: true,
    alsoAllows: ["GET", "HEAD"],
    async act(req, fields, asker) {
      const raw = only(fields, "name", "bad_name");
      if (raw === undefined) throw new ParkbenchError("no_name", 'Give a name in "name".');
      const name = checkName(raw);
      const session = sessionOf(req);
      const user = asker.user
        ? await parts.users.rename(asker.user.id, name)
        : await parts.users.create(name);
      const key = asker.session ?? randomBytes(16).toString("base64url");
      await renew(session, req, { user, key });
      return { status: 201, content: { user, token: parts.tokens.make(key) }, location: fresh("/") };
    },
    page: (req, fields, asker, problem) =>
      parts.pages.home(req, asker, { problem, typed: { name: typed(fields, "name") } }),
  });
}

/** POST /session/end: the name is free at once, and parked requests of the session are answered. */
export function signOutHandler(parts: SessionParts): Handler {
  return formHandler(parts, {
    async act(req, _fields, { user, session: key }) {
      if (user && key !== null) {
        await parts.users.release(user.id);
        await renew(sessionOf(req), req, null);
        await parts.control.append("session", key);
      }
      return { status: 200, content: { user: null, token: parts.tokens.make(null) }, location: fresh("/") };
    },
    page: (req, _fields, asker, problem) => parts.pages.home(req, asker, { problem }),
  });
}

function sessionOf(req: SessionRequest): SessionObject {
  if (req.session) return req.session;
  throw new Error(
    "Signing in needs express-session in front of the chat's router, or an identity of the host's own",
  );
}

/** A new session id at every change of who is speaking: an id that somebody planted before is worth nothing after. */
async function renew(
  session: SessionObject,
  req: SessionRequest,
  membership: Membership | null,
): Promise<void> {
  // A host application keeps its own things in the same session; they move along.
  const { cookie: _cookie, parkbench: _before, ...hosts } = session as SessionObject & { cookie?: unknown };
  await done((callback) => session.regenerate(callback));
  const renewed = sessionOf(req);
  Object.assign(renewed, hosts, membership && { parkbench: membership });
  if (membership || Object.keys(hosts).length > 0) await done((callback) => renewed.save(callback));
}

function done(start: (callback: (error: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error instanceof Error ? error : new Error(String(error))) : resolve()));
  });
}

/** An address never used before: some browsers show an old copy of one they know (measured). */
export function fresh(path: string): string {
  return `${path}?m=${randomBytes(6).toString("base64url")}`;
}
