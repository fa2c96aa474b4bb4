/** GET /poll: rows after a cursor at once, or parked until there are some or the time is over. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Awaitable, andThen, isPending } from "../core/awaitable.js";
import type { Counts } from "../core/counts.js";
import type { Cursor } from "../core/cursor.js";
import type { Load } from "../core/load.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import type { Tail } from "../core/tail.js";
import { type Asker, askerOf, type Identity } from "../identity/identity.js";
import type { PollEncoder } from "./encode.js";
import { problemOf } from "./errors.js";
import { type Exchange, WholeExchange } from "./exchange.js";
import { busyMs, jittered, retryMs } from "./jitter.js";
import type { Turn } from "./lane.js";
import { refuseMethod } from "./methods.js";
import { ParkedPoll } from "./parked-poll.js";
import type { Parking } from "./parking.js";
import type { Take } from "./parser-lane.js";
import { PollAddresses, type PollAsked, pollIn } from "./poll-query.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { heardBy } from "./reading.js";
import { queryOf, refuseBody, refuseTwoHosts } from "./request.js";
import { newestPage, type Since, type Start, startOf } from "./start.js";

export interface PollParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  readonly parking: Parking;
  readonly encoder: PollEncoder;
  readonly counts: Counts;
  readonly logger: Logger;
  readonly load: Load;
  readonly waitS: number;
}

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

export interface Polls {
  /** For any server, behind any middleware. */
  readonly handler: Handler;
  /** The same polls from a parser lane, where they are from a cursor on; others are left to the handler. */
  readonly take: Take;
}

export function polls(parts: PollParts): Polls {
  const { log, tail, parking, encoder, counts, load, logger } = parts;
  const addresses = new PollAddresses(parts.waitS);
  return { handler, take };

  function handler(req: IncomingMessage, res: ServerResponse): void {
    if (refuseMethod(req, res, ["GET", "HEAD"], logger)) return;
    const exchange = new WholeExchange(req, res);
    try {
      run(req, askedIn(req), exchange);
    } catch (error) {
      exchange.refuse(problemOf(error, logger));
    }
  }

  function take(req: IncomingMessage, turn: Turn): boolean {
    // Rights are asked again when a reader is woken, which may take its time: on a lane nothing may.
    if (parts.rooms.arePrivate) return false;
    let asked: PollAsked;
    try {
      asked = addresses.of(req);
    } catch {
      return false;
    }
    const { since } = asked;
    // The answer for who is behind another request gives the cursor back as it is.
    if (!isOurs(since, log.epoch)) return false;
    run(req, asked, turn);
    // Something is being looked up: a next request on the connection would come before the answer.
    if (!turn.isOver && !turn.waiting)
      turn.waiting = { release: () => turn.answer(encoder.empty(since.id, retryMs(false)), false) };
    return true;
  }

  function askedIn(req: IncomingMessage): PollAsked {
    refuseBody(req);
    refuseTwoHosts(req);
    const asked = pollIn(req, queryOf(req), parts.waitS);
    // A HEAD that parks holds a monitor for 25 s; it gets what a GET that does not wait would get.
    return req.method === "HEAD" ? { ...asked, waitS: 0 } : asked;
  }

  function run(req: IncomingMessage, asked: PollAsked, exchange: Exchange): void {
    const fail = (error: unknown) => exchange.refuse(problemOf(error, logger));
    try {
      const { since } = asked;
      // Before anybody is asked for: that may be a read. A cursor of another log is still told so.
      if (!load.takesSends && isOurs(since, log.epoch)) {
        counts.refuse("full");
        exchange.answer(encoder.empty(since.id, busyMs()), false);
        return;
      }
      const answered = answer(req, asked, exchange);
      if (isPending(answered)) answered.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Without a promise where nothing has to be looked up: most polls are up to date, and by somebody known. */
  function answer(req: IncomingMessage, asked: PollAsked, exchange: Exchange): Awaitable<void> {
    return andThen(askerOf(parts.identity, req), (asker) =>
      andThen(parts.rooms.mustRead(asker.user, asked.rooms), () =>
        andThen(startOf(asked.since, parts), (start) => answerFrom(req, asked, exchange, asker, start)),
      ),
    );
  }

  function answerFrom(
    req: IncomingMessage,
    asked: PollAsked,
    exchange: Exchange,
    asker: Asker,
    start: Start,
  ): Awaitable<void> {
    if (exchange.isOver) return;
    if (asked.preferred !== null) exchange.preference = `wait=${asked.preferred}`;
    if (typeof start !== "number") return page(req, asked, exchange, asker, start);
    if (asked.waitS === 0) return present(req, asked, exchange, asker, start, 0);
    const poll = new ParkedPoll(parts, asked, exchange, asker, start);
    const listed = parking.enlist(req, { client: asked.client, ...asker }, poll);
    if (listed === "gone") return;
    if (listed === "full") {
      counts.refuse("full");
      return present(req, asked, exchange, asker, start, load.parks ? retryMs(false) : busyMs());
    }
    poll.park(listed, jittered(load.shortened(asked.waitS) * 1000));
  }

  async function page(
    req: IncomingMessage,
    asked: PollAsked,
    exchange: Exchange,
    asker: Asker,
    { reset }: Exclude<Start, number>,
  ): Promise<void> {
    const { page, next } = await newestPage(log, asked.rooms, asked.limit, { reset });
    const heard = heardBy(page, asker.user, asked.echo);
    count(req, exchange, heard);
    exchange.answer(encoder.page(heard, next, reset), false);
  }

  /** What there is now, for a reader that does not wait, or may not as the server is full. */
  async function present(
    req: IncomingMessage,
    asked: PollAsked,
    exchange: Exchange,
    asker: Asker,
    after: number,
    emptyRetryMs: number,
  ): Promise<void> {
    const known = load.parks ? null : tail.remembered({ ...asked, after });
    const batch = known ?? (await log.since(asked.rooms, after, asked.limit));
    if (batch.gap !== undefined) return page(req, asked, exchange, asker, { reset: "gap" });
    const last = batch.messages.at(-1);
    const heard = heardBy(batch, asker.user, asked.echo);
    // `next` moves over the rows that the reader does not want to hear; without any it stays where the reader was.
    const answer = last ? encoder.rows(heard, last.id) : encoder.empty(after, emptyRetryMs);
    count(req, exchange, heard);
    exchange.answer(answer, false);
  }

  /** A HEAD is told how long the rows are, and gets none. */
  function count({ method }: IncomingMessage, { isOver }: Exchange, { messages }: Batch): void {
    if (method !== "HEAD" && !isOver) counts.delivered.poll += messages.length;
  }
}

/** A cursor that can be given back as it is, without a look into the log. */
function isOurs(since: Since, epoch: string): since is Cursor {
  return since !== null && since !== "now" && (since.epoch === null || since.epoch === epoch);
}
