/** The headers that every page carries. */
import type { ServerResponse } from "node:http";

/**
 * Written by hand: a header library's defaults include upgrade-insecure-requests and HSTS, which cut off people on
 * plain-http networks. `no-referrer` would make browsers send `Origin: null`. X-Frame-Options is for old browsers.
 */
const SECURITY_HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
    "frame-ancestors 'self'; form-action 'self'; base-uri 'none'",
  "X-Frame-Options": "SAMEORIGIN",
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
} as const;

export function setSecurityHeaders(res: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) res.setHeader(name, value);
}
