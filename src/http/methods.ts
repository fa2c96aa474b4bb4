/** Which methods an address takes: 405 with Allow for the others, 204 with Allow for OPTIONS. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type RefusalLogger, writeProblem } from "./errors.js";

/** True when the request has been answered here (RFC 9110, sections 9.3.7 and 15.5.6). */
export function refuseMethod(
  req: IncomingMessage,
  res: ServerResponse,
  allowed: readonly string[],
  logger?: RefusalLogger,
): boolean {
  if (req.method !== undefined && allowed.includes(req.method)) return false;
  res.setHeader("Allow", [...allowed, "OPTIONS"].join(", "));
  if (req.method === "OPTIONS") {
    res.writeHead(204, { "Cache-Control": "no-store" });
    res.end();
    return true;
  }
  logger?.refused?.("method_not_allowed");
  writeProblem(req, res, {
    type: "about:blank",
    title: "Method Not Allowed",
    status: 405,
    code: "method_not_allowed",
    detail: `This address takes ${allowed.join(" and ")}, not ${req.method}.`,
  });
  return true;
}
