/** POST /send: a message into a room, answered once it is on disk. */
import { formatCursor } from "../core/cursor.js";
import { ParkbenchError } from "../core/errors.js";
import type { Load } from "../core/load.js";
import type { Appended, MessageLog } from "../core/log.js";
import type { Author, Draft } from "../core/message.js";
import type { Room } from "../core/room.js";
import type { User, Users } from "../core/user.js";
import type { Asker, Identity } from "../identity/identity.js";
import type { Addresses } from "./address.js";
import { messageObject } from "./encode.js";
import { type Done, type FormParts, formHandler, typed } from "./form.js";
import type { Frames } from "./frames.js";
import { OneByOne } from "./one-by-one.js";
import { againPage, mustTakeSends } from "./overload.js";
import type { Pages } from "./pages.js";
import type { Handler } from "./poll.js";
import { noRoom, type ReadableRooms } from "./readable-rooms.js";
import { type Fields, only } from "./request.js";
import { mustBe, nonceIn, oneShotIn, textIn } from "./send-fields.js";
import type { SendLimits } from "./send-limits.js";

export interface SendParts extends FormParts {
  readonly log: MessageLog;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  /** Names held by our own users; null where the host says who people are. */
  readonly users: Users | null;
  readonly guests: boolean;
  readonly addresses: Addresses;
  readonly sendLimits: SendLimits;
  readonly pages: Pages;
  readonly frames: Frames;
  readonly load: Load;
}

export function sendHandler(parts: SendParts, send: Send): Handler {
  const { pages, frames } = parts;

  return formHandler(parts, {
    admit: () => mustTakeSends(parts.load),
    async act(req, fields, asker) {
      const done = await send(fields, asker, parts.addresses.of(req));
      if (!isWritePage(fields)) return done;
      return { ...done, location: done.location.replace("?", "/write?") };
    },
    next: (req, fields, asker) =>
      isWritePage(fields)
        ? frames.write(req, asker, roomIn(fields), { isSent: true })
        : pages.room(req, asker, roomIn(fields), {}),
    page(req, fields, asker, problem) {
      if (problem.code === "overloaded") return againPage(req, pages, fields, problem);
      const again = {
        problem,
        typed: { text: typed(fields, "text"), name: typed(fields, "name") },
        // The same nonce again: after a 503 the row may be there, and sending the page once more must not double it.
        nonce: problem.code === "nonce_reused" ? null : typed(fields, "nonce"),
      };
      return isWritePage(fields)
        ? frames.write(req, asker, roomIn(fields), again)
        : pages.room(req, asker, roomIn(fields), again);
    },
  });
}

/** Sent from the page that holds nothing but the form, and back to it. */
function isWritePage(fields: Fields): boolean {
  return typed(fields, "view") === "write";
}

function roomIn(fields: Fields): string {
  return typed(fields, "room") || "lobby";
}

/** Stores what a form, a JSON body or a WebSocket frame says, in the asker's name; resolves once it is on disk. */
export type Send = (fields: Fields, asker: Asker, address: string) => Promise<Done>;

export function sender(parts: SendParts): Send {
  const { log, rooms, identity, users } = parts;
  const underWay = new OneByOne();
  return send;

  async function send(fields: Fields, asker: Asker, address: string): Promise<Done> {
    mustTakeSends(parts.load);
    // Before a retry is recognised: it must not be answered with what somebody else has sent.
    mustBe(fields, asker);
    const text = textIn(fields);
    const nonce = nonceIn(fields);
    const name = only(fields, "room", "bad_room") ?? "lobby";
    const room = await rooms.find(asker.user, name);
    if (!room) throw noRoom(name);
    const store = () => append(room, text, nonce, asker, address, fields);
    // A copy that came at the same time must be recognised, too, not refused for what it has itself used up.
    const appended = await (nonce === null ? store() : underWay.run(`${nonce} ${asker.session}`, store));
    if (appended.outcome === "conflict") {
      throw new ParkbenchError(
        "nonce_reused",
        "This nonce was used before for another message, which stays as it was. Send this one under a new nonce.",
      );
    }
    const { message } = appended;
    const repeated = appended.outcome === "repeated";
    return {
      status: repeated ? 200 : 201,
      content: { ...messageObject(message), next: formatCursor(message.id, log.epoch) },
      location: `/rooms/${room.name}?m=${message.id}`,
    };
  }

  async function append(
    room: Room,
    text: string,
    nonce: string | null,
    asker: Asker,
    address: string,
    fields: Fields,
  ): Promise<Appended> {
    const { user } = asker;
    const { author, folded } = user ? { author: user, folded: null } : oneShotIn(fields);
    const draft: Draft = { room: room.name, author, text, nonce };
    try {
      return await appendNew(draft, room, folded, asker, address);
    } catch (refused) {
      // A retry whose answer was lost must be recognised even if by now somebody holds the name, the room is closed or
      // nothing can be written.
      const first = nonce === null || isDoubtful(refused) ? null : await log.recall(draft).catch(() => null);
      if (!first) throw refused;
      return first;
    }
  }

  async function appendNew(
    draft: Draft,
    room: Room,
    folded: string | null,
    asker: Asker,
    address: string,
  ): Promise<Appended> {
    const { user } = asker;
    const { author } = draft;
    parts.guard.refuseWriter(author, address);
    await mustPost(user, room);
    return parts.sendLimits.within(room, { asker, folded, address }, async () => {
      if (user) return log.append({ ...draft, author: await authorNow(user, address) });
      if (folded !== null && (await users?.isHeld(folded))) {
        throw new ParkbenchError(
          "name_taken",
          `Somebody is using the name "${author.name}" now. Choose another.`,
        );
      }
      return log.append(draft);
    });
  }

  /** A session's copy of the name, or a socket's, may be behind: only the one of the users' table is held, or banned. */
  async function authorNow(user: User, address: string): Promise<Author> {
    const now = (await users?.touch(user.id)) ?? user;
    if (now.name !== user.name) parts.guard.refuseWriter(now, address);
    return now;
  }

  async function mustPost(user: Asker["user"], room: Room): Promise<void> {
    if (room.closed)
      throw new ParkbenchError("room_closed", "This room is closed. It can be read, but not written to.");
    if (!user && !parts.guests)
      throw new ParkbenchError("not_signed_in", "Sign in first, then send it again.");
    if (identity.mayPost && !(await identity.mayPost(user, room))) {
      throw new ParkbenchError("may_not_post", "You may not write in this room.");
    }
  }
}

/** What is found in a store that has failed may be this very message, and not where it will be found again. */
function isDoubtful(error: unknown): boolean {
  return error instanceof ParkbenchError && /^(storage_(failed|lost)|closed)$/.test(error.code);
}
