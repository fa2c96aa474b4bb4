/** GET /rooms/:room/live: an endless page, whose messages appear as they come, for browsers that show what has arrived. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Counts } from "../core/counts.js";
import { formatCursor } from "../core/cursor.js";
import type { Limits } from "../core/limits.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import type { Room } from "../core/room.js";
import type { Tail } from "../core/tail.js";
import type { Asker } from "../identity/identity.js";
import { baseOf, STREAM_HEADERS } from "./answer.js";
import { CountedSink } from "./counted-sink.js";
import { type Problem, problemOf } from "./errors.js";
import { random } from "./fresh.js";
import { LivePage } from "./live-page.js";
import type { Pages } from "./pages.js";
import type { Handler } from "./poll.js";
import { noRoom, type ReadableRooms } from "./readable-rooms.js";
import { type Reading, readingIn } from "./reading.js";
import { queryOf, refuseBody } from "./request.js";
import { setSecurityHeaders } from "./security.js";
import { newestPage, startIn } from "./start.js";
import type { End, Sink, Streams } from "./stream.js";
import { shownOf } from "./views.js";

export interface LiveParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly streams: Streams;
  readonly counts: Counts;
  readonly pages: Pages;
  readonly limits: Limits;
  readonly logger: Logger;
}

interface Place {
  readonly earlier: Batch;
  readonly after: number;
  readonly hasGap: boolean;
}

const EARLIER_SHOWN = 30;
/** Longer than a stream lives: old browsers count from the beginning of the page, not from its end. */
const AGAIN_S = 15;

export function liveHandler(parts: LiveParts): Handler {
  const { log, pages } = parts;

  return pages.answerer(answer);

  async function answer(
    req: IncomingMessage,
    res: ServerResponse,
    asker: Asker,
    name: string,
  ): Promise<void> {
    refuseBody(req);
    const asked = { ...readingIn(queryOf(req)), rooms: [name] };
    const room = await parts.rooms.find(asker.user, name);
    if (!room) throw noRoom(name);
    const place = await placeOf(asked);
    const { after } = place;
    if (res.destroyed) return;
    const page = pageFor(req, room, asker, asked, place);
    const sink = new PageSink(res, page, after, (error) => problemOf(error, parts.logger));
    if (req.method === "HEAD") return sink.end("life");
    const since = { id: after, epoch: log.epoch };
    await parts.streams.open(
      req,
      { ...asked, since, asker, lifeMs: parts.limits.streamS * 1000 },
      new CountedSink(sink, parts.counts, "live"),
    );
  }

  /** What the page begins with, for its reader to know where the talk is, and the cursor behind it. */
  async function placeOf(asked: Reading): Promise<Place> {
    const { rooms } = asked;
    const start = await startIn(asked, parts);
    if (typeof start === "number")
      return { earlier: await log.before(rooms, start + 1, EARLIER_SHOWN), after: start, hasGap: false };
    const { page, next } = await newestPage(log, rooms, EARLIER_SHOWN, start);
    return { earlier: page, after: next, hasGap: start.reset === "gap" };
  }

  function pageFor(
    req: IncomingMessage,
    room: Room,
    asker: Asker,
    { echo, client }: Reading,
    { earlier, after, hasGap }: Place,
  ): LivePage {
    const base = `${baseOf(req)}/rooms/${room.name}`;
    const key = client ?? random();
    // `n` makes the address new each time: no proxy can join two of them, no old browser shows its copy.
    const address = (view: string) => (next: number) =>
      `${base}/${view}?since=${formatCursor(next, log.epoch)}&client=${key}&n=${random()}${echo ? "" : "&echo=0"}`;
    return new LivePage({
      common: pages.common(req, asker, room.title, null),
      room,
      user: asker.user,
      earlier: shownOf(earlier.messages),
      after,
      hasGap,
      liveHref: address("live"),
      againS: parts.limits.streamS + AGAIN_S,
      waitHref: address("wait"),
    });
  }
}

class PageSink implements Sink {
  readonly wire: ServerResponse;
  readonly #page: LivePage;
  readonly #problemOf: (error: unknown) => Problem;
  #next: number;

  constructor(res: ServerResponse, page: LivePage, after: number, toProblem: (error: unknown) => Problem) {
    this.wire = res;
    this.#page = page;
    this.#next = after;
    this.#problemOf = toProblem;
  }

  start(): boolean {
    setSecurityHeaders(this.wire);
    this.wire.writeHead(200, { ...STREAM_HEADERS, "Content-Type": "text/html; charset=utf-8" });
    return this.wire.write(this.#page.beginning);
  }

  rows(batch: Batch, next: number): boolean {
    this.#next = next;
    return this.wire.write(this.#page.rows(batch));
  }

  heartbeat(): boolean {
    return this.wire.write("\n");
  }

  end(why: End, error?: unknown): void {
    if (why === "slow") this.wire.destroy();
    if (this.wire.destroyed) return;
    if (!this.wire.headersSent) this.start();
    const problem = why === "failed" ? this.#problemOf(error) : null;
    this.wire.end(this.#page.end(this.#next, why, problem));
  }
}
