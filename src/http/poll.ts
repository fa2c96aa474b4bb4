/** GET /poll: rows after a cursor at once, or parked until there are some or the time is over. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import { ROOMS_PER_POLL_MAX, WAIT_S_MAX } from "../core/limits.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import type { Tail } from "../core/tail.js";
import { type Asker, askerOf, type Identity } from "../identity/identity.js";
import { writeAnswer } from "./answer.js";
import { PollEncoder } from "./encode.js";
import { problemOf, writeProblem } from "./errors.js";
import { refuseMethod } from "./methods.js";
import type { Parking } from "./parking.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { type Fields, limitIn, numberIn, only, queryOf, refuseBody, refuseTwoHosts } from "./request.js";
import { newestPage, parseSince, type Since, startOf } from "./start.js";

export interface PollParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  readonly parking: Parking;
  readonly logger: Logger;
  readonly waitS: number;
}

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** Full, or released by a newer poll: come back, but not in a loop. */
const RETRY_MS = 1000;
/** After a stop all clients come back: spread over this, so that they do not come at once. */
const RETRY_SPREAD_MS = 3000;

export function pollHandler(parts: PollParts): Handler {
  const { log, parking, logger } = parts;
  const encoder = new PollEncoder(log.epoch);

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
      return write(res, encoder.page(page, next, start.reset));
    }
    // A HEAD that parks holds a monitor for 25 s; it gets what a GET that does not wait would get.
    if (req.method === "HEAD" || asked.waitS === 0) {
      const batch = await log.since(asked.rooms, start, asked.limit);
      return write(res, batch.messages.length > 0 ? encoder.rows(batch) : encoder.empty(start, 0));
    }
    park(req, res, asked, asker, start);
  }

  function park(req: IncomingMessage, res: ServerResponse, asked: Asked, asker: Asker, after: number): void {
    parking.park(req, {
      rooms: asked.rooms,
      after,
      limit: asked.limit,
      waitMs: jittered(asked.waitS * 1000),
      client: asked.client,
      session: asker.session,
      wake(batch, why) {
        if (why === "rows") return deliver(req, res, asked, asker, batch);
        if (why === "closing" && !res.headersSent) res.setHeader("Connection", "close");
        write(res, encoder.empty(after, why === "timeout" ? 0 : retryMs(why === "closing")));
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
      write(res, encoder.rows(batch));
      return;
    }
    // Rights may have gone while the reader was parked.
    parts.rooms.mustRead(asker.user, asked.rooms).then(
      () => write(res, encoder.rows(batch)),
      (error: unknown) => writeProblem(req, res, problemOf(error, logger)),
    );
  }
}

interface Asked {
  readonly since: Since;
  readonly rooms: readonly string[];
  readonly waitS: number;
  /** The wait that a Prefer header asked for and got, in seconds. */
  readonly preferred: number | null;
  readonly limit: number;
  readonly client: string | null;
}

function parsePoll(req: IncomingMessage, query: Fields, waitDefaultS: number): Asked {
  const wait = numberIn(query, "wait", "bad_wait");
  const preferred = wait === null ? preferredWait(req.headers.prefer) : null;
  return {
    since: parseSince(only(query, "since", "bad_since")),
    rooms: roomsIn(query),
    waitS: Math.min(wait ?? preferred ?? waitDefaultS, WAIT_S_MAX),
    preferred: preferred === null ? null : Math.min(preferred, WAIT_S_MAX),
    limit: limitIn(query),
    client: clientIn(query),
  };
}

export function clientIn(query: Fields): string | null {
  const client = only(query, "client", "bad_client");
  if (client === undefined) return null;
  if (/^[A-Za-z0-9_-]{1,32}$/.test(client)) return client;
  throw new ParkbenchError("bad_client", '"client" must be 1 to 32 of letters, digits, "_" and "-".');
}

function roomsIn(query: Fields): readonly string[] {
  const rooms = [...new Set((query.get("room") ?? ["lobby"]) as readonly string[])];
  if (rooms.length > ROOMS_PER_POLL_MAX)
    throw new ParkbenchError("bad_room", `At most ${ROOMS_PER_POLL_MAX} rooms in one poll.`);
  return rooms;
}

/** RFC 7240: an unusable preference is ignored, never an error. */
function preferredWait(header: string | string[] | undefined): number | null {
  const match = /(?:^|,)\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:[;,]|$)/i.exec(String(header ?? ""));
  return match ? Number(match[1]) : null;
}

/** Downward only, so that no proxy's limit is crossed; by up to a fifth, so that polls do not end together. */
export function jittered(waitMs: number): number {
  return waitMs * (1 - Math.random() / 5);
}

function retryMs(spread: boolean): number {
  return spread ? Math.floor(Math.random() * RETRY_SPREAD_MS) : RETRY_MS;
}

function write(res: ServerResponse, body: Buffer): void {
  // A host's own time limit may have answered in our place.
  if (!res.destroyed && !res.headersSent) writeAnswer(res, 200, "application/json; charset=utf-8", body);
}
