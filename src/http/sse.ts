/** GET /events: the rows after a cursor as server-sent events, for as long as a stream lives. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Counts } from "../core/counts.js";
import { ParkbenchError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import { askerOf, type Identity } from "../identity/identity.js";
import { STREAM_HEADERS } from "./answer.js";
import { CountedSink } from "./counted-sink.js";
import { problemOf, writeProblem } from "./errors.js";
import { EventEncoder, oneLine } from "./event-encode.js";
import { laterMs, retryMs } from "./jitter.js";
import { refuseMethod } from "./methods.js";
import type { Handler } from "./poll.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { type Reading, readingIn } from "./reading.js";
import { type Fields, only, queryOf, refuseBody, refuseTwoHosts } from "./request.js";
import { type First, parseSince } from "./start.js";
import type { End, Sink, Streams } from "./stream.js";

export interface SseParts {
  readonly log: MessageLog;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  readonly streams: Streams;
  readonly counts: Counts;
  readonly limits: Limits;
  readonly logger: Logger;
}

export function eventsHandler(parts: SseParts): Handler {
  const encoder = new EventEncoder(parts.log.epoch);

  return (req, res) => {
    if (refuseMethod(req, res, ["GET", "HEAD"], parts.logger)) return;
    answer(req, res).catch((error: unknown) => fail(req, res, error));
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    refuseBody(req);
    refuseTwoHosts(req);
    const asked = parseEvents(req, queryOf(req));
    const asker = await askerOf(parts.identity, req);
    await parts.rooms.mustRead(asker.user, asked.rooms);
    if (res.destroyed) return;
    if (req.method === "HEAD") {
      open(res);
      res.end();
      return;
    }
    const sink = new EventSink(res, encoder, asked.typed, (error) => problemOf(error, parts.logger).detail);
    // A buffering proxy shows a stream only when it ends, and some never report that the client has gone (measured).
    await parts.streams.open(
      req,
      { ...asked, asker, lifeMs: parts.limits.streamS * 1000 },
      new CountedSink(sink, parts.counts, "sse"),
    );
  }

  /** EventSource never comes back from a 5xx: what passes by itself is said in a stream that ends. */
  function fail(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    const problem = problemOf(error, parts.logger);
    if (problem.status < 500) {
      writeProblem(req, res, problem);
    } else if (!res.headersSent && !res.destroyed) {
      open(res);
      res.end(goodbye(laterMs(), problem.detail));
    }
  }
}

interface Asked extends Reading {
  readonly typed: boolean;
}

function parseEvents(req: IncomingMessage, query: Fields): Asked {
  const reading = readingIn(query);
  // What the browser itself saw last is newer than what the page was loaded with.
  const last = req.headers["last-event-id"];
  const typed = only(query, "typed", "bad_request") ?? "1";
  if (typed !== "0" && typed !== "1") throw new ParkbenchError("bad_request", '"typed" must be 0 or 1.');
  return {
    ...reading,
    since: last ? parseSince(String(last)) : reading.since,
    typed: typed === "1",
  };
}

function open(res: ServerResponse): void {
  res.writeHead(200, { ...STREAM_HEADERS, "Content-Type": "text/event-stream; charset=utf-8" });
}

function goodbye(retry: number, comment: string): string {
  return `: ${oneLine(comment)}\nretry: ${retry}\n\n`;
}

class EventSink implements Sink {
  readonly wire: ServerResponse;
  readonly #encoder: EventEncoder;
  readonly #typed: boolean;
  readonly #detailOf: (error: unknown) => string;

  constructor(
    res: ServerResponse,
    encoder: EventEncoder,
    typed: boolean,
    detailOf: (error: unknown) => string,
  ) {
    this.wire = res;
    this.#encoder = encoder;
    this.#typed = typed;
    this.#detailOf = detailOf;
  }

  start({ after, page, next, reset }: First): boolean {
    open(this.wire);
    // Different for each reader: when a server dies without a word, they must not all come back at once.
    const retry = `retry: ${retryMs(false) + Math.round(retryMs(true) * (2 / 3))}\n\n`;
    const first = this.#encoder.first(after, reset, this.#typed);
    const rows = page && next !== after ? this.#encoder.rows(page, next, this.#typed) : "";
    return this.wire.write(`${retry}${first}${rows}`);
  }

  rows(batch: Batch, next: number): boolean {
    return this.wire.write(this.#encoder.rows(batch, next, this.#typed));
  }

  heartbeat(): boolean {
    return this.wire.write(":\n\n");
  }

  end(why: End, error?: unknown): void {
    if (why === "slow") this.wire.destroy();
    if (this.wire.destroyed) return;
    if (!this.wire.headersSent) open(this.wire);
    this.wire.end(this.#goodbye(why, error));
  }

  #goodbye(why: End, error: unknown): string {
    if (why === "life" || why === "session") return goodbye(10, "come back at once");
    if (why === "closing") return goodbye(retryMs(true), "the server stops");
    if (why === "failed") return goodbye(laterMs(), this.#detailOf(error));
    return goodbye(laterMs(), why === "full" ? "the server is full" : "a newer reader took over");
  }
}
