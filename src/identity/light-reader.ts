/** Reads who is speaking from the session cookie: signature, store, nothing written. */
import { parseCookie } from "cookie";
import { unsign } from "cookie-signature";
import { contentOf, type Sessions } from "../core/session.js";
import type { SessionCache } from "./session-cache.js";
import { asMembership, type LightReader } from "./session-identity.js";

export interface SessionCookie {
  readonly name: string;
  readonly secrets: readonly string[];
}

/**
 * express-session costs six times a bare request (measured), and touches the store; a poll must do neither. Same
 * cookie form: `s:` + id + signature, signed by any of `secrets`.
 */
export function lightReader(
  sessions: Sessions,
  cookie: SessionCookie | null,
  cache: SessionCache,
): LightReader | null {
  if (!cookie) return null;
  return ({ headers }) => {
    const cookies = headers.cookie ?? "";
    const known = cache.get(cookies);
    if (known) return known;
    const id = sessionId(cookies, cookie);
    if (id === null) return null;
    const changes = cache.changes;
    return sessions.read(id).then((record) => {
      const membership = record && asMembership(contentOf(record.data)?.parkbench);
      // It may have ended while it was read.
      if (membership && cache.changes === changes) cache.keep(cookies, membership);
      return membership;
    });
  };
}

function sessionId(cookies: string, { name, secrets }: SessionCookie): string | null {
  if (!cookies.includes(name)) return null;
  const value = parseCookie(cookies)[name];
  if (!value?.startsWith("s:")) return null;
  for (const secret of secrets) {
    const id = unsign(value.slice(2), secret);
    if (id !== false) return id;
  }
  return null;
}
