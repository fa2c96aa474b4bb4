/** Problem details (RFC 9457): one table from error code to status, one way to write them. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { type ErrorCode, ParkbenchError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { writeAnswer } from "./answer.js";
import { hasBody } from "./request.js";

/** What went wrong, for a person and for a program: `code` is stable, `detail` says what to do. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  /** As in the header Retry-After: a program behind a proxy that drops it, and one in a WebSocket, can read it here. */
  readonly retryAfter?: number;
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_encoding: 400,
  bad_json: 400,
  bad_since: 400,
  bad_wait: 400,
  bad_limit: 400,
  bad_room: 400,
  bad_client: 400,
  bad_echo: 400,
  bad_before: 400,
  bad_text: 400,
  bad_nonce: 400,
  bad_name: 400,
  bad_title: 400,
  bad_host: 400,
  bad_request: 400,
  body_not_allowed: 400,
  no_name: 400,
  name_reserved: 400,
  text_empty: 400,
  text_too_long: 400,
  too_large: 413,
  unsupported_type: 415,
  method_not_allowed: 405,
  upgrade_required: 426,
  not_found: 404,
  cross_site: 403,
  no_room: 404,
  room_taken: 409,
  room_closed: 403,
  not_signed_in: 403,
  may_not_post: 403,
  wrong_user: 403,
  name_taken: 409,
  nonce_reused: 409,
  no_message: 404,
  banned: 403,
  muted: 403,
  slow_mode: 429,
  not_moderator: 403,
  bad_code: 403,
  too_many_sends: 429,
  too_many_signins: 429,
  too_many_rooms: 403,
  address_too_long: 414,
  too_many_headers: 431,
  overloaded: 503,
  storage_busy: 503,
  storage_full: 503,
  storage_lost: 503,
  storage_failed: 503,
  closed: 503,
  internal: 500,
};

export const ERROR_CODES = Object.keys(STATUS) as readonly ErrorCode[];

/** How soon trying again makes sense, in seconds, for what passes by itself. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  storage_busy: 1,
  storage_full: 5,
  storage_lost: 5,
  storage_failed: 5,
  closed: 2,
  overloaded: 2,
  too_many_sends: 5,
  too_many_signins: 30,
};

/** Storage errors name files and paths: the log gets those, the asker gets what to do. */
const SHOWN_INSTEAD: Partial<Record<ErrorCode, string>> = {
  storage_busy: "The database is busy. Nothing was stored; try again in a moment.",
  storage_full: "The server's disk is full. Nothing was stored; send it again later.",
  storage_lost:
    "The server has lost its database. Of a message it is not known whether it was stored; try again later.",
  storage_failed:
    "The server cannot use its database. Of a message it is not known whether it was stored; try again later.",
  closed: "The server is stopping. Nothing was stored; try again in a moment.",
  internal: "The server failed at this request. It has been noted; try again later.",
};

/**
 * The log says it when it begins. A line for each request that is spared would be load, too; and a balancer that looks for
 * who leaves is refused several times in each rolling update, by which nobody is to be woken.
 */
const TOLD_ONCE: ReadonlySet<ErrorCode> = new Set(["overloaded", "closed"]);

/** A logger that hears of refusals, too: they are counted by their code. */
export interface RefusalLogger extends Logger {
  refused?(code: ErrorCode): void;
}

/** Any error as a problem. What the server is to blame for goes to the log, with its cause. */
export function problemOf(error: unknown, logger: RefusalLogger): Problem {
  const known = error instanceof ParkbenchError ? error : asHttpError(error);
  const code = known?.code ?? "internal";
  const status = STATUS[code];
  logger.refused?.(code);
  if (status >= 500 && !TOLD_ONCE.has(code)) logger.error({ err: error, code }, "a request failed");
  const detail = SHOWN_INSTEAD[code] ?? known?.message ?? "";
  const told = error instanceof ParkbenchError ? error.retryAfterS : undefined;
  const retryAfter = told ?? RETRY_AFTER_S[code];
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    code,
    detail,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

export function writeProblem(req: IncomingMessage, res: ServerResponse, problem: Problem): void {
  if (res.headersSent || res.destroyed) return;
  setProblemHeaders(req, res, problem);
  writeAnswer(res, problem.status, "application/problem+json", JSON.stringify(problem));
}

/** When to come back, where that makes sense. */
export function problemHead({ retryAfter }: Problem): Readonly<Record<string, number>> {
  return retryAfter === undefined ? {} : { "Retry-After": retryAfter };
}

/** The headers that go with a problem, whether it is written as JSON or as a page. */
export function setProblemHeaders(req: IncomingMessage, res: ServerResponse, problem: Problem): void {
  for (const [name, value] of Object.entries(problemHead(problem))) res.setHeader(name, value);
  // A body that was refused is still on its way; the connection cannot carry another request after it.
  if (hasBody(req) && !req.complete) res.setHeader("Connection", "close");
}

/** Express and its parsers throw errors with a status of their own: a bad percent escape in a path is one. */
function asHttpError(error: unknown): { code: ErrorCode; message: string } | null {
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  if (status === 400) return { code: "bad_request", message: "The address or the request is malformed." };
  if (status === 413) return { code: "too_large", message: "The request is too large." };
  if (status === 404) return { code: "not_found", message: "There is nothing at this address." };
  // Only what says of itself that it is the asker's: a host's own trouble with a server behind it may have a status too.
  const isAskers = typeof status === "number" && status > 400 && status < 500 && expose === true;
  return isAskers ? { code: "bad_request", message: "The request asks for what cannot be." } : null;
}
