/** GET /rooms/:room/wait: a page whose refresh points at its own parked request, live without any script. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Counts } from "../core/counts.js";
import { formatCursor } from "../core/cursor.js";
import type { Load } from "../core/load.js";
import type { MessageLog } from "../core/log.js";
import type { Message } from "../core/message.js";
import type { Room } from "../core/room.js";
import type { Tail } from "../core/tail.js";
import type { Asker } from "../identity/identity.js";
import { baseOf } from "./answer.js";
import { random } from "./fresh.js";
import { jittered } from "./jitter.js";
import type { Guard } from "./moderation-guard.js";
import { type Pages, page } from "./pages.js";
import type { Parking } from "./parking.js";
import type { Handler } from "./poll.js";
import { noRoom, type ReadableRooms } from "./readable-rooms.js";
import { heardBy, type Reading, readingIn } from "./reading.js";
import { queryOf, refuseBody } from "./request.js";
import { newestPage, startIn } from "./start.js";
import { messageView, render, shownOf } from "./views.js";

export interface WaitParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly parking: Parking;
  readonly pages: Pages;
  readonly load: Load;
  readonly guard: Guard;
  readonly waitS: number;
  readonly counts: Counts;
}

interface Asked extends Reading {
  readonly client: string;
  readonly asker: Asker;
  readonly room: Room;
}

const MESSAGES_SHOWN = 30;
/**
 * When the server stops or is full. A browser without script that comes back to a server that is still away shows its own
 * error, and never comes again.
 */
const LATER_S = 10;

export function waitHandler(parts: WaitParts): Handler {
  const { log, parking, pages } = parts;

  return pages.answerer(answer);

  async function answer(
    req: IncomingMessage,
    res: ServerResponse,
    asker: Asker,
    name: string,
  ): Promise<void> {
    refuseBody(req);
    const reading = readingIn(queryOf(req));
    const room = await parts.rooms.find(asker.user, name);
    if (!room) throw noRoom(name);
    const asked = { ...reading, client: reading.client ?? random(), asker, room };
    const after = await startIn({ since: reading.since, rooms: [name] }, parts);
    // No cursor, or one that means nothing here: the newest page at once, and its cursor from then on.
    if (typeof after !== "number") {
      const hasGap = after.reset === "gap";
      const since = hasGap && reading.since !== null && reading.since !== "now" ? reading.since.id : null;
      return show(req, res, asked, since ?? Number.MAX_SAFE_INTEGER, { hasGap });
    }
    if (req.method === "HEAD") return show(req, res, asked, after);
    const waitMs = jittered(parts.load.shortened(parts.waitS) * 1000);
    park(req, res, asked, after, after, performance.now() + waitMs);
  }

  /** Marks as new what comes after `since`; waits behind `after`, which moves over what the asker wrote where no echo is wanted. */
  function park(
    req: IncomingMessage,
    res: ServerResponse,
    asked: Asked,
    since: number,
    after: number,
    until: number,
  ): void {
    const { room, client, asker } = asked;
    const fail = (error: unknown) => pages.fail(req, res, asker, error);
    parking.park(req, {
      rooms: [room.name],
      after,
      limit: MESSAGES_SHOWN,
      waitMs: until - performance.now(),
      client,
      session: asker.session,
      user: asker.user,
      wake(batch, why) {
        if (why === "full") parts.counts.refuse("full");
        if (res.headersSent) return;
        const last = batch.messages.at(-1);
        if (last && heardBy(batch, asker.user, asked.echo).messages.length === 0)
          return park(req, res, asked, since, last.id, until);
        if (why === "closing") res.setHeader("Connection", "close");
        show(req, res, asked, since, {
          refreshS: why === "closing" || why === "full" ? LATER_S : 1,
          hasGap: batch.gap !== undefined,
        }).catch(fail);
      },
      fail,
    });
  }

  /** The newest messages, those after `after` marked as new, and the address of the next park. */
  async function show(
    req: IncomingMessage,
    res: ServerResponse,
    asked: Asked,
    after: number,
    { refreshS = 1, hasGap = false } = {},
  ): Promise<void> {
    const { asker, client, echo } = asked;
    parts.guard.refuse(req, asker.user);
    const { name } = asked.room;
    // Asked again: the right to read may have gone while the reader was parked.
    const room = await parts.rooms.find(asker.user, name);
    if (!room) throw noRoom(name);
    const { page: newest, next } = await newestPage(log, [name], MESSAGES_SHOWN + 1);
    const messages = shownOf(heardBy(newest, asker.user, asked.echo).messages).slice(-MESSAGES_SHOWN);
    const cursor = formatCursor(next, log.epoch);
    if (res.destroyed) return;
    const base = `${baseOf(req)}/rooms/${name}`;
    const isFresh = ({ id }: Message) => id > after;
    const fresh = messages.filter(isFresh).length;
    if (req.method !== "HEAD") parts.counts.delivered.wait += fresh;
    const html = render("wait", {
      ...pages.common(req, asker, room.title, null),
      room,
      messages: messages.map((message) => messageView(message, asker.user)).reverse(),
      fresh,
      // More came between two refreshes than the page shows: nobody may miss the rest without a word.
      earlier:
        newest.messages.filter(isFresh).length > MESSAGES_SHOWN
          ? `${base}?before=${messages[0]?.id ?? newest.messages[0]?.id}`
          : null,
      refreshS,
      hasGap,
      // `n` makes the address new even when nothing came: old browsers show their copy of one they have seen.
      refreshHref: `${base}/wait?since=${cursor}&client=${client}&n=${random()}${echo ? "" : "&echo=0"}`,
    });
    page(html)(res, 200);
  }
}
