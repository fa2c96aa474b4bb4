/** Who sends a form: by cookie, else by the sealed session that the form carries. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import { type Asker, askerOf, type Identity, NOBODY } from "../identity/identity.js";
import type { SealedSessions } from "../identity/sealed.js";
import { baseOf } from "./answer.js";
import type { Guard } from "./moderation-guard.js";

export interface AskParts {
  readonly identity: Identity;
  /** Null where the host application says who people are. */
  readonly sealed: SealedSessions | null;
  readonly guard: Guard;
}

export interface Asked {
  readonly asker: Asker;
  /** The form carries a session that is none, or none any more. */
  readonly hasEnded: boolean;
}

/** `value` is the form's field `sealed`, undefined without one. A cookie's session wins over it. */
export async function ask(
  { identity, sealed, guard }: AskParts,
  req: IncomingMessage,
  value: string | undefined,
): Promise<Asked> {
  const asker = await askerOf(identity, req);
  if (!sealed || asker.session !== null || value === undefined) return { asker, hasEnded: false };
  // Whoever keeps cookies never gets such a form from us: another site has planted it.
  const held = value === "" || sendsCookies(req) ? null : await sealed.find(value);
  if (held) guard.refuse(req, held.user);
  if (held) return { asker: { user: held.user, session: held.key, sealed: value }, hasEnded: false };
  // Whoever sent any cookie keeps cookies, and signs in with one.
  return { asker: sendsCookies(req) ? NOBODY : { ...NOBODY, sealed: "" }, hasEnded: value !== "" };
}

export function sendsCookies(req: IncomingMessage): boolean {
  return req.headers.cookie !== undefined;
}

export function sealedEnded(): ParkbenchError {
  return new ParkbenchError(
    "not_signed_in",
    "You are not signed in any more: your session ended after 12 hours, or on another page by signing out or changing " +
      "your name. Give your name again, then send it once more.",
  );
}

/** Sets a cookie that says nothing: whether it comes back with the form that signs in tells who keeps none. */
export function testCookies(req: IncomingMessage, res: ServerResponse): void {
  if (sendsCookies(req) || !isBrowser(req)) return;
  // A host may have mounted us below a parameter: what is in its place must not become an attribute of the cookie.
  const path = baseOf(req).replaceAll(";", "%3B") || "/";
  res.appendHeader("Set-Cookie", `parkbench.cookies=1; Path=${path}; HttpOnly; SameSite=Lax`);
}

/** By what it accepts, or by the language it asks for, as links2 and elinks accept anything: programs get no cookie. */
function isBrowser({ headers }: IncomingMessage): boolean {
  return /text\/(html|\*)/.test(headers.accept ?? "") || /[a-z]/i.test(headers["accept-language"] ?? "");
}
