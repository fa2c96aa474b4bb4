/** The hot addresses, answered before Express: a request through it costs 3.5 times a bare one (measured). */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Logger } from "../core/logger.js";
import { problemOf, writeProblem } from "./errors.js";
import type { HeadLimits } from "./head.js";
import type { Parking } from "./parking.js";
import { openParserLane, type Take } from "./parser-lane.js";
import { parserLaneWorks } from "./parser-lane-trial.js";
import { mayBegin } from "./pipelined.js";
import type { Handler } from "./poll.js";

export interface FastLane {
  /** Returns false for any address but the hot ones, which are exact paths. */
  handle(req: IncomingMessage, res: ServerResponse): boolean;
  /**
   * Lets parked requests be held by their sockets alone, on a server of our own. It leans on what node:http does inside, and is
   * tried first: where that is not as it was, everything is answered by `handle`.
   */
  open(server: Server): Promise<void>;
}

export function fastLane(
  hot: Readonly<Record<string, Handler>>,
  take: Take,
  heads: HeadLimits,
  parking: Parking,
  logger: Logger,
): FastLane {
  const handlers = new Map(Object.entries(hot));
  return {
    handle(req, res) {
      if (!mayBegin(req, res)) return true;
      parking.makeWay(req);
      const url = req.url ?? "";
      const mark = url.indexOf("?");
      const handler = handlers.get(mark === -1 ? url : url.slice(0, mark));
      if (!handler) return false;
      try {
        heads.check(req);
      } catch (error) {
        writeProblem(req, res, problemOf(error, logger));
        return true;
      }
      handler(req, res);
      return true;
    },
    async open(server) {
      if (await parserLaneWorks()) openParserLane(server, (req, turn) => heads.fits(req) && take(req, turn));
      else
        logger.warn(
          { node: process.version },
          "parked requests are held whole: this Node does not let go of them",
        );
    },
  };
}
