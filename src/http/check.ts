/** GET /check: a page that measures the visitor's own path to the chat, and the addresses it measures with. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import { WAIT_S_MAX } from "../core/limits.js";
import type { Logger } from "../core/logger.js";
import type { Asker } from "../identity/identity.js";
import { writeJson } from "./answer.js";
import { problemOf, writeProblem } from "./errors.js";
import type { Page } from "./form.js";
import { random } from "./fresh.js";
import { type Pages, page } from "./pages.js";
import type { Parking } from "./parking.js";
import type { Handler } from "./poll.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { numberIn, queryOf, refuseBody } from "./request.js";
import { render } from "./views.js";

export interface CheckParts {
  readonly rooms: ReadableRooms;
  readonly parking: Parking;
  readonly pages: Pages;
  readonly logger: Logger;
}

export interface CheckHandlers {
  readonly page: Handler;
  readonly wait: Handler;
  readonly now: Handler;
}

export function checkHandlers(parts: CheckParts): CheckHandlers {
  const { rooms, parking, pages, logger } = parts;
  return { page: pages.handler(showPage), wait: answerLater, now: answerNow };

  async function showPage(req: IncomingMessage, asker: Asker): Promise<Page> {
    const [room] = await rooms.list(asker.user);
    const view = { ...pages.common(req, asker, "Network check", null), room: room?.name ?? "" };
    return page(render("check", view));
  }

  /** GET /check/wait?s=N: parked like a poll, so that what cuts a poll cuts this. */
  function answerLater(req: IncomingMessage, res: ServerResponse): void {
    try {
      refuseBody(req);
      const waitMs = waitSIn(req) * 1000;
      const began = performance.now();
      const answer = () => {
        if (!res.headersSent && !res.destroyed)
          writeJson(res, 200, { waitedS: Math.round((performance.now() - began) / 1000) });
      };
      // As with a poll, a HEAD does not hold a monitor up.
      if (req.method === "HEAD") {
        answer();
        return;
      }
      parking.park(req, {
        // Nothing ever comes in no rooms: it is parked to the end.
        rooms: [],
        after: 0,
        limit: 1,
        waitMs,
        client: null,
        session: null,
        user: null,
        wake(_batch, why) {
          if (why === "closing" && !res.headersSent) res.setHeader("Connection", "close");
          answer();
        },
        fail: (error) => writeProblem(req, res, problemOf(error, logger)),
      });
    } catch (error) {
      writeProblem(req, res, problemOf(error, logger));
    }
  }

  /** GET /check/now: never twice the same, unless something on the way keeps answers. */
  function answerNow(_req: IncomingMessage, res: ServerResponse): void {
    writeJson(res, 200, { at: new Date().toISOString(), key: random() });
  }
}

function waitSIn(req: IncomingMessage): number {
  const waitS = numberIn(queryOf(req), "s", "bad_wait");
  if (waitS !== null && waitS >= 1 && waitS <= WAIT_S_MAX) return waitS;
  throw new ParkbenchError("bad_wait", `"s" must be 1 to ${WAIT_S_MAX} seconds.`);
}
