/** The room in two frames, to type undisturbed while messages arrive without script; and its form as a page of its own. */
import type { IncomingMessage } from "node:http";
import { formatCursor } from "../core/cursor.js";
import type { MessageLog } from "../core/log.js";
import type { Asker } from "../identity/identity.js";
import { baseOf } from "./answer.js";
import type { Problem } from "./errors.js";
import type { Page } from "./form.js";
import { type Pages, page } from "./pages.js";
import type { Handler } from "./poll.js";
import { noRoom, type ReadableRooms } from "./readable-rooms.js";
import { queryOf } from "./request.js";
import { type RoomView, render } from "./views.js";

export interface FramesParts {
  readonly log: MessageLog;
  readonly rooms: ReadableRooms;
  readonly pages: Pages;
}

export class Frames {
  readonly #parts: FramesParts;

  constructor(parts: FramesParts) {
    this.#parts = parts;
  }

  /** GET /rooms/:room/frames: the form in one frame, the live messages in the other. */
  framesHandler(): Handler {
    const { log, rooms, pages } = this.#parts;
    return pages.handler(async (req, asker, name) => {
      const room = await rooms.find(asker.user, name);
      if (!room) throw noRoom(name);
      const base = `${baseOf(req)}/rooms/${room.name}`;
      const cursor = formatCursor(await log.newest(), log.epoch);
      return page(
        render("frames", {
          ...pages.common(req, asker, room.title, null),
          room,
          writeHref: `${base}/write`,
          liveHref: `${base}/live?since=${cursor}`,
          waitHref: `${base}/wait?since=${cursor}`,
        }),
      );
    });
  }

  /** GET /rooms/:room/write; with `m`, after a message was sent. */
  writeHandler(): Handler {
    return this.#parts.pages.handler((req, asker, name) =>
      this.write(req, asker, name, { isSent: queryOf(req).has("m") }),
    );
  }

  /** The form alone. */
  async write(
    req: IncomingMessage,
    asker: Asker,
    name: string,
    given: { problem?: Problem; typed?: RoomView["typed"]; nonce?: string | null; isSent?: boolean },
  ): Promise<Page> {
    const { rooms, pages } = this.#parts;
    const room = await rooms.find(asker.user, name);
    if (!room) {
      if (!given.problem) throw noRoom(name);
      return pages.problem(req, asker, given.problem, given.typed?.text);
    }
    return page(
      render("write", {
        ...pages.common(req, asker, room.title, given.problem ?? null, given.nonce),
        room,
        view: "write",
        isSent: given.isSent ?? false,
        typed: given.typed ?? { text: "", name: "" },
      }),
    );
  }
}
