/** Writing a complete answer: one write, Content-Length, never cached. */
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * `no-store` is what every measured cache respects; Pragma and Expires are for HTTP/1.0 ones. No ETag and no
 * Last-Modified: with either, some proxies cache a poll in spite of everything.
 */
export const NEVER_CACHED = {
  "Cache-Control": "no-store",
  Pragma: "no-cache",
  Expires: "0",
  "X-Content-Type-Options": "nosniff",
} as const;

export const JSON_TYPE = "application/json; charset=utf-8";

/** Without `X-Accel-Buffering`, nginx's defaults hold a stream until its end, whatever padding it has (measured). */
export const STREAM_HEADERS = {
  ...NEVER_CACHED,
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
} as const;

export function writeAnswer(res: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  if (typeof body === "string" && res.getHeaderNames().length === 0) {
    // A list is written as it stands, and a head that is all ASCII goes into one string with the body: one write.
    res.writeHead(status, [...NEVER_CACHED_LIST, "Content-Type", type, "Content-Length", `${length}`]);
    res.end(body);
    return;
  }
  res.writeHead(status, { ...NEVER_CACHED, "Content-Type": type, "Content-Length": length });
  res.end(typeof body === "string" ? Buffer.from(body) : body);
}

const NEVER_CACHED_LIST = Object.entries(NEVER_CACHED).flat();

export function writeJson(res: ServerResponse, status: number, content: unknown): void {
  writeAnswer(res, status, JSON_TYPE, JSON.stringify(content));
}

/** 303 to a path below the mount point: relative, as Host may be a proxy's own idea of our name. */
export function redirect(res: ServerResponse, path: string): void {
  res.setHeader("Location", path);
  writeAnswer(res, 303, "text/plain; charset=utf-8", `See ${path}\n`);
}

/** Where the router is mounted: Express says so when embedded, and nobody needs to on the fast lane. */
export function baseOf(req: IncomingMessage): string {
  return (req as { baseUrl?: string }).baseUrl ?? "";
}
