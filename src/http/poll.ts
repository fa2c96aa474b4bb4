/** GET /poll: rows after a cursor at once, or parked until there are some or the time is over. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { WAIT_S_MAX } from "../core/limits.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import type { Tail } from "../core/tail.js";
import { type Asker, askerOf, type Identity } from "../identity/identity.js";
import { writeAnswer } from "./answer.js";
import type { PollEncoder } from "./encode.js";
import { problemOf, writeProblem } from "./errors.js";
import { jittered, retryMs } from "./jitter.js";
import { refuseMethod } from "./methods.js";
import type { Parking } from "./parking.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { heardBy, type Reading, readingIn } from "./reading.js";
import { type Fields, numberIn, queryOf, refuseBody, refuseTwoHosts } from "./request.js";
import { newestPage, startOf } from "./start.js";

export interface PollParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  readonly parking: Parking;
  readonly encoder: PollEncoder;
  readonly logger: Logger;
  readonly waitS: number;
}

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

export function pollHandler(parts: PollParts): Handler {
  const { log, parking, encoder, logger } = parts;

  return (req, res) => {
    if (refuseMethod(req, res, ["GET", "HEAD"])) return;
    answer(req, res).catch((error: unknown) => writeProblem(req, res, problemOf(error, logger)));
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    refuseBody(req);
    refuseTwoHosts(req);
    const query = queryOf(req);
    const asked = parsePoll(req, query, parts.waitS);
    const asker = await askerOf(parts.identity, req);
    await parts.rooms.mustRead(asker.user, asked.rooms);
    if (asked.preferred !== null) res.setHeader("Preference-Applied", `wait=${asked.preferred}`);

    const start = await startOf(asked.since, parts);
    if (typeof start !== "number") {
      const { page, next } = await newestPage(log, asked.rooms, asked.limit);
      return write(res, encoder.page(heardBy(page, asker.user, asked), next, start.reset));
    }
    // A HEAD that parks holds a monitor for 25 s; it gets what a GET that does not wait would get.
    if (req.method === "HEAD" || asked.waitS === 0) {
      return write(res, await present(asked, asker, start, 0));
    }
    park(req, res, asked, asker, start, performance.now() + jittered(asked.waitS * 1000));
  }

  function park(
    req: IncomingMessage,
    res: ServerResponse,
    asked: Asked,
    asker: Asker,
    after: number,
    until: number,
  ): void {
    parking.park(req, {
      rooms: asked.rooms,
      after,
      limit: asked.limit,
      waitMs: until - performance.now(),
      client: asked.client,
      session: asker.session,
      wake(batch, why) {
        if (why === "full") {
          const fail = (error: unknown) => writeProblem(req, res, problemOf(error, logger));
          present(asked, asker, after, retryMs(false)).then((body) => write(res, body), fail);
          return;
        }
        if (why !== "rows") {
          if (why === "closing" && !res.headersSent) res.setHeader("Connection", "close");
          return write(res, encoder.empty(after, why === "timeout" ? 0 : retryMs(why === "closing")));
        }
        const last = batch.messages.at(-1);
        // Nothing but what the reader wrote itself: it waits on, behind it.
        if (last && heardBy(batch, asker.user, asked).messages.length === 0)
          return park(req, res, asked, asker, last.id, until);
        deliver(req, res, asked, asker, batch);
      },
      fail: (error) => writeProblem(req, res, problemOf(error, logger)),
    });
  }

  function deliver(
    req: IncomingMessage,
    res: ServerResponse,
    asked: Asked,
    asker: Asker,
    batch: Batch,
  ): void {
    if (!parts.rooms.arePrivate) {
      write(res, answerOf(batch, 0, asked, asker, 0));
      return;
    }
    // Rights may have gone while the reader was parked.
    parts.rooms.mustRead(asker.user, asked.rooms).then(
      () => write(res, answerOf(batch, 0, asked, asker, 0)),
      (error: unknown) => writeProblem(req, res, problemOf(error, logger)),
    );
  }

  /** What there is now, for a reader that does not wait, or may not as the server is full. */
  async function present(asked: Asked, asker: Asker, after: number, emptyRetryMs: number): Promise<Buffer> {
    return answerOf(await log.since(asked.rooms, after, asked.limit), after, asked, asker, emptyRetryMs);
  }

  /** `next` moves over the rows that the reader does not want to hear; without any it stays where the reader was. */
  function answerOf(batch: Batch, after: number, asked: Asked, asker: Asker, emptyRetryMs: number): Buffer {
    const last = batch.messages.at(-1);
    return last
      ? encoder.rows(heardBy(batch, asker.user, asked), last.id)
      : encoder.empty(after, emptyRetryMs);
  }
}

interface Asked extends Reading {
  readonly waitS: number;
  /** The wait that a Prefer header asked for and got, in seconds. */
  readonly preferred: number | null;
}

function parsePoll(req: IncomingMessage, query: Fields, waitDefaultS: number): Asked {
  const wait = numberIn(query, "wait", "bad_wait");
  const preferred = wait === null ? preferredWait(req.headers.prefer) : null;
  return {
    ...readingIn(query),
    waitS: Math.min(wait ?? preferred ?? waitDefaultS, WAIT_S_MAX),
    preferred: preferred === null ? null : Math.min(preferred, WAIT_S_MAX),
  };
}

/** RFC 7240: an unusable preference is ignored, never an error. */
function preferredWait(header: string | string[] | undefined): number | null {
  const match = /(?:^|,)\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:[;,]|$)/i.exec(String(header ?? ""));
  return match ? Number(match[1]) : null;
}

function write(res: ServerResponse, body: Buffer): void {
  // A host's own time limit may have answered in our place.
  if (!res.destroyed && !res.headersSent) writeAnswer(res, 200, "application/json; charset=utf-8", body);
}
