/** Which address is answered by what: an Express router that mounts anywhere. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import express, { type NextFunction, type Router } from "express";
import { ParkbenchError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { NOBODY } from "../identity/identity.js";
import type { CheckHandlers } from "./check.js";
import { problemOf, writeProblem } from "./errors.js";
import type { Frames } from "./frames.js";
import type { HeadLimits } from "./head.js";
import type { HealthHandlers } from "./health.js";
import { refuseMethod } from "./methods.js";
import type { ModerationHandlers } from "./moderation.js";
import type { Pages } from "./pages.js";
import type { Parking } from "./parking.js";
import type { Handler } from "./poll.js";
import { refuseTwoHosts } from "./request.js";
import { setSecurityHeaders } from "./security.js";
import type { SessionHandlers } from "./session.js";

export interface Routes {
  readonly poll: Handler;
  readonly send: Handler;
  readonly events: Handler;
  readonly webSocket: Handler;
  readonly live: Handler;
  readonly history: Handler;
  readonly makeRoom: Handler;
  readonly wait: Handler;
  readonly pages: Pages;
  readonly who: Handler;
  /** Null where the host application says who people are. */
  readonly session: SessionHandlers | null;
  readonly navigate: Handler;
  readonly frames: Frames;
  readonly networkCheck: CheckHandlers;
  readonly health: HealthHandlers;
  readonly heads: HeadLimits;
  readonly parking: Parking;
  readonly moderation: ModerationHandlers;
  readonly logger: Logger;
}

const STATIC = fileURLToPath(new URL("../../public/", import.meta.url));

export function chatRouter(routes: Routes): Router {
  const { pages, session, logger } = routes;
  const router = express.Router();
  router.use((req, res, next) => {
    routes.parking.makeWay(req);
    setSecurityHeaders(res);
    refuseTwoHosts(req);
    routes.heads.check(req);
    next();
  });
  router.all("/poll", routes.poll);
  router.all("/send", routes.send);
  router.all("/events", routes.events);
  router.all("/ws", routes.webSocket);
  router.all("/history", routes.history);
  router.all("/", only(["GET", "HEAD"], pages.homeHandler()));
  router.all("/rooms", routes.makeRoom);
  router.all("/rooms/:room", only(["GET", "HEAD"], pages.roomHandler()));
  router.all("/rooms/:room/wait", only(["GET", "HEAD"], routes.wait));
  router.all("/rooms/:room/live", only(["GET", "HEAD"], routes.live));
  router.all("/rooms/:room/frames", only(["GET", "HEAD"], routes.frames.framesHandler()));
  router.all("/rooms/:room/write", only(["GET", "HEAD"], routes.frames.writeHandler()));
  router.all("/page", routes.navigate);
  // Also for a host's own users: their programs need the token, and to know who they are.
  router.get("/session", routes.who);
  if (session) {
    router.all("/session", session.signIn);
    router.all("/session/end", session.signOut);
  }
  router.get("/moderation", routes.moderation.show);
  router.all("/moderation", routes.moderation.act);
  router.all("/check", only(["GET", "HEAD"], routes.networkCheck.page));
  router.all("/check/wait", only(["GET", "HEAD"], routes.networkCheck.wait));
  router.all("/check/now", only(["GET", "HEAD"], routes.networkCheck.now));
  router.all("/healthz", routes.health.alive);
  router.all("/readyz", routes.health.ready);
  router.use(express.static(STATIC, { index: false, redirect: false, acceptRanges: false }));
  router.use((error: unknown, req: IncomingMessage, res: ServerResponse, next: NextFunction) => {
    if (res.headersSent) return next(error);
    failRequest(req, res, error, pages, logger);
  });
  return router;

  function only(methods: readonly string[], handler: Handler): Handler {
    return (req, res) => {
      if (!refuseMethod(req, res, methods, logger)) handler(req, res);
    };
  }
}

/** What no route answered, and what a middleware in front of the chat threw. */
export function failRequest(
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  pages: Pages,
  logger: Logger,
): void {
  if ((req.headers.accept ?? "").includes("text/html")) pages.fail(req, res, NOBODY, error);
  else writeProblem(req, res, problemOf(error, logger));
}

export function notFound(): ParkbenchError {
  return new ParkbenchError(
    "not_found",
    "There is nothing at this address. The rooms are listed on the first page.",
  );
}
