/** POST /page: from page to page by forms, for a session that no link may carry. Changes nothing. */
import type { IncomingMessage } from "node:http";
import type { Counts } from "../core/counts.js";
import type { Load } from "../core/load.js";
import type { MessageLog } from "../core/log.js";
import type { Tail } from "../core/tail.js";
import type { Asker } from "../identity/identity.js";
import { sealedEnded } from "./ask.js";
import { type FormParts, formHandler, typed } from "./form.js";
import { jittered } from "./jitter.js";
import type { Pages } from "./pages.js";
import type { Parking } from "./parking.js";
import type { Handler } from "./poll.js";
import { noRoom, type ReadableRooms } from "./readable-rooms.js";
import { type Fields, only } from "./request.js";
import { parseBefore, parseSince, startIn } from "./start.js";

export interface NavigateParts extends FormParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly parking: Parking;
  readonly pages: Pages;
  readonly load: Load;
  readonly counts: Counts;
  readonly waitS: number;
}

/**
 * Fields: `room`, without it the first page; `before` for older messages; `wait=1` and `since` to stay parked until
 * something is new. Whoever has no sealed session is sent on to the same page's own address.
 */
export function navigateHandler(parts: NavigateParts): Handler {
  const { pages } = parts;

  return formHandler(parts, {
    async act(req, fields, asker) {
      const { room, before, since, waits } = placeIn(fields);
      if (asker.sealed) {
        await pages.holdName(asker);
        if (room !== undefined && waits) await wait(req, asker, room, since);
        parts.guard.refuse(req, asker.user);
        // It may have ended meanwhile, and that is what woke the request.
        if (waits && !(await parts.sealed?.find(asker.sealed))) throw sealedEnded();
      }
      const query = waits ? since && `since=${since}` : before && `before=${before}`;
      const address = room === undefined ? "/" : `/rooms/${encodeURIComponent(room)}${waits ? "/wait" : ""}`;
      const location = query ? `${address}?${query}` : address;
      return { status: 200, content: { location }, location };
    },
    async next(req, fields, asker) {
      const { room, before } = placeIn(fields);
      return room === undefined
        ? pages.home(req, asker, {})
        : pages.room(req, asker, room, { before: parseBefore(before) });
    },
    async page(req, fields, asker, problem) {
      const room = typed(fields, "room");
      return room === "" ? pages.home(req, asker, { problem }) : pages.room(req, asker, room, { problem });
    },
  });

  /** Resolves when there is something new, the time is over, or the session ends. */
  async function wait(
    req: IncomingMessage,
    { user, session }: Asker,
    name: string,
    since: string | undefined,
  ): Promise<void> {
    const room = await parts.rooms.find(user, name);
    if (!room) throw noRoom(name);
    const after = await startIn({ since: parseSince(since), rooms: [room.name] }, parts);
    if (typeof after !== "number") return;
    await new Promise<void>((resolve, reject) => {
      parts.parking.park(req, {
        rooms: [room.name],
        after,
        limit: 1,
        waitMs: jittered(parts.load.shortened(parts.waitS) * 1000),
        client: null,
        session,
        user,
        wake(_batch, why) {
          if (why === "full") parts.counts.refuse("full");
          resolve();
        },
        fail: reject,
      });
    });
  }
}

interface Place {
  readonly room: string | undefined;
  readonly before: string | undefined;
  readonly since: string | undefined;
  readonly waits: boolean;
}

/** All of it is checked before anybody waits, and before it becomes part of an address. */
function placeIn(fields: Fields): Place {
  const before = only(fields, "before", "bad_before");
  const since = only(fields, "since", "bad_since");
  parseBefore(before);
  parseSince(since);
  const room = only(fields, "room", "bad_room");
  // Half a character cannot be written into an address.
  if (room?.isWellFormed() === false) throw noRoom(room);
  return {
    room,
    before,
    since,
    waits: only(fields, "wait", "bad_request") === "1",
  };
}
