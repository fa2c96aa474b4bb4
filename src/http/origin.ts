/** The one decision whether an unsafe request may have come from another site. */
import type { IncomingMessage } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import type { TokenKind } from "./token.js";

export interface Origins {
  /** PUBLIC_ORIGIN: scheme, host and port each; empty when unset, and then Host decides. */
  readonly publicOrigins: readonly string[];
}

export interface Claim {
  /** The asker has a live session, whose rights a forged request would use. */
  readonly hasSession: boolean;
  readonly token: TokenKind;
  /** The request signs in: a stateless token is proof enough, as there are no rights to misuse yet. */
  readonly signsIn: boolean;
}

/**
 * Throws `cross_site` where the request may be another site's.
 *
 * | request carries | decision |
 * | --- | --- |
 * | Sec-Fetch-Site: same-origin, Origin not null | allow |
 * | Sec-Fetch-Site: anything else | refuse |
 * | Origin ours | allow |
 * | Origin other, null, unparsable, doubled | refuse, unless a session's token comes with it and PUBLIC_ORIGIN is unset |
 * | Referer only, ours | with the token |
 * | none of the three, a session | with the token |
 * | none of the three, no session | allow |
 */
export function refuseCrossSite(req: IncomingMessage, origins: Origins, claim: Claim): void {
  const site = req.headers["sec-fetch-site"];
  const { origin, referer } = req.headers;
  if (site === "same-origin" && origin !== "null") return;
  if (site !== undefined && site !== "same-origin") throw refusal(req, origins, `Sec-Fetch-Site: ${site}`);

  const hasToken = claim.token === "session" || (claim.token === "signin" && !claim.hasSession);
  // Anybody can get a stateless token: with a session's cookie beside it, it would rename whoever has that session.
  const hasStrongToken = claim.token === "session" || (hasToken && claim.signsIn);
  const claimed = origin ?? originIn(referer);
  if (claimed === undefined) {
    if (!claim.hasSession || hasToken) return;
    throw refusal(req, origins, "no Origin, no Referer and no form token");
  }
  if (isOurs(claimed, req, origins)) {
    if (origin !== undefined || hasToken) return;
    throw refusal(req, origins, "a Referer only, and no form token");
  }
  // A proxy may have changed Host, and then only the token can tell; with PUBLIC_ORIGIN set there is no such doubt.
  if (origins.publicOrigins.length === 0 && hasStrongToken) return;
  throw refusal(req, origins, `${origin === undefined ? "Referer" : "Origin"} ${claimed}`);
}

function isOurs(claimed: string, req: IncomingMessage, { publicOrigins }: Origins): boolean {
  if (publicOrigins.length > 0) return publicOrigins.includes(claimed);
  const url = parse(claimed);
  const host = req.headers.host;
  if (!url || url.origin === "null" || !host) return false;
  // The scheme decides which port may go unsaid, so Host is read with the scheme of the claim.
  return parse(`${url.protocol}//${host}`)?.host === url.host && claimed === url.origin;
}

function originIn(referer: string | undefined): string | undefined {
  return referer === undefined ? undefined : (parse(referer)?.origin ?? "unparsable");
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function refusal(req: IncomingMessage, { publicOrigins }: Origins, came: string): ParkbenchError {
  const ours =
    publicOrigins.length > 0
      ? `PUBLIC_ORIGIN is ${publicOrigins.join(", ")}`
      : `PUBLIC_ORIGIN is not set, and Host says ${req.headers.host ?? "nothing"}`;
  return new ParkbenchError(
    "cross_site",
    `The request looks as if another site had sent it: it came with ${printable(came)}, while ${printable(ours)}. ` +
      "Send the form again from its own page; if it happens there too, whoever runs this server should set " +
      "PUBLIC_ORIGIN to the address that people use.",
  );
}

/** Header values go into a text that lands in pages and logs. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 300);
}
