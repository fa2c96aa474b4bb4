/** Reads who is speaking from the session cookie: signature, store, nothing written. */
import { parseCookie } from "cookie";
import { unsign } from "cookie-signature";
import { contentOf, type Sessions } from "../core/session.js";
import { asMembership, type LightReader } from "./session-identity.js";

/**
 * express-session costs six times a bare request (measured), and touches the store; a poll must do neither. Same
 * cookie form: `s:` + id + signature, signed by any of `secrets`.
 */
export function lightReader(sessions: Sessions, cookieName: string, secrets: readonly string[]): LightReader {
  return async (req) => {
    const id = sessionId(req.headers.cookie ?? "", cookieName, secrets);
    const record = id === null ? null : await sessions.read(id);
    return record && asMembership(contentOf(record.data)?.parkbench);
  };
}

function sessionId(cookies: string, cookieName: string, secrets: readonly string[]): string | null {
  if (!cookies.includes(cookieName)) return null;
  const value = parseCookie(cookies)[cookieName];
  if (!value?.startsWith("s:")) return null;
  for (const secret of secrets) {
    const id = unsign(value.slice(2), secret);
    if (id !== false) return id;
  }
  return null;
}
