/** The pages that work without any script: rooms, a room, a problem. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { formatCursor } from "../core/cursor.js";
import { ParkbenchError } from "../core/errors.js";
import type { MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import type { Users } from "../core/user.js";
import { type Asker, askerOf, type Identity, NOBODY } from "../identity/identity.js";
import { baseOf, writeAnswer } from "./answer.js";
import { sendsCookies, testCookies } from "./ask.js";
import { type Problem, problemOf, setProblemHeaders } from "./errors.js";
import type { Page } from "./form.js";
import { random } from "./fresh.js";
import type { ModerationRights } from "./moderation-rights.js";
import type { Handler } from "./poll.js";
import { noRoom, type ReadableRooms } from "./readable-rooms.js";
import { only, queryOf } from "./request.js";
import { setSecurityHeaders } from "./security.js";
import { newestPage, parseBefore } from "./start.js";
import type { Tokens } from "./token.js";
import { type CommonView, type HomeView, messageView, type RoomView, render, shownOf } from "./views.js";

const MESSAGES_SHOWN = 50;

export interface PagesParts {
  readonly log: MessageLog;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  readonly users: Users | null;
  readonly tokens: Tokens;
  readonly guests: boolean;
  readonly rights: ModerationRights;
  readonly logger: Logger;
}

export class Pages {
  readonly #parts: PagesParts;

  constructor(parts: PagesParts) {
    this.#parts = parts;
  }

  /** GET / */
  homeHandler(): Handler {
    return this.handler(async (req, asker) => {
      const home = await this.home(req, asker, {});
      if (!this.#parts.users || asker.user) return home;
      return (res, status) => {
        testCookies(req, res);
        home(res, status);
      };
    });
  }

  /** GET /rooms/:room, with `before` for older messages. */
  roomHandler(): Handler {
    return this.handler((req, asker, room) => {
      const before = parseBefore(only(queryOf(req), "before", "bad_before"));
      return this.room(req, asker, room, { before });
    });
  }

  async home(
    req: IncomingMessage,
    asker: Asker,
    { problem = null, typed }: { problem?: Problem | null; typed?: Partial<HomeView["typed"]> },
  ): Promise<Page> {
    const rooms = await this.#parts.rooms.list(asker.user);
    const name = asker.user?.name ?? "";
    return page(
      render("home", {
        ...this.common(req, asker, "Parkbench", problem),
        rooms,
        typed: { name, room: "", roomTitle: "", ...typed },
      }),
    );
  }

  /** The room. Where there is none, the page of the problem that came with it keeps what was typed. */
  async room(
    req: IncomingMessage,
    asker: Asker,
    name: string,
    given: { problem?: Problem; typed?: RoomView["typed"]; nonce?: string | null; before?: number | null },
  ): Promise<Page> {
    const { log, rooms } = this.#parts;
    const room = await rooms.find(asker.user, name);
    if (!room) {
      if (!given.problem) throw noRoom(name);
      return this.problem(req, asker, given.problem, given.typed?.text);
    }
    const before = given.before ?? null;
    const { page: shown, next } = await newestPage(log, [room.name], MESSAGES_SHOWN, { before });
    const { messages, more } = shown;
    const base = `${baseOf(req)}/rooms/${room.name}`;
    const cursor = formatCursor(next, log.epoch);
    const oldest = messages[0]?.id;
    return page(
      render("room", {
        ...this.common(req, asker, room.title, given.problem ?? null, given.nonce),
        room,
        messages: shownOf(messages)
          .map((message) => messageView(message, asker.user))
          .reverse(),
        moderates: await this.#parts.rights.has(asker.user),
        cursor,
        older: more && oldest !== undefined ? `${base}?before=${oldest}` : null,
        latest: before === null ? null : base,
        oldest: more && oldest !== undefined ? oldest : null,
        view: "",
        framesHref: `${base}/frames`,
        waitHref: `${base}/wait?since=${cursor}&client=${random()}`,
        reloadHref: `${base}?r=${random()}`,
        typed: given.typed ?? { text: "", name: "" },
      }),
    );
  }

  problem(req: IncomingMessage, asker: Asker, problem: Problem, kept = ""): Page {
    const common = this.common(req, asker, problem.title, problem);
    return page(render("problem", { ...common, back: `${common.base}/`, kept }));
  }

  common(
    req: IncomingMessage,
    asker: Asker,
    title: string,
    problem: Problem | null,
    nonce?: string | null,
  ): CommonView {
    const { users, guests, tokens } = this.#parts;
    return {
      base: baseOf(req),
      title,
      user: asker.user,
      ownNames: users !== null,
      guests,
      sealed: users && (asker.sealed || (asker.user || sendsCookies(req) ? null : "")),
      token: tokens.make(asker.session),
      nonce: nonce || random(),
      problem,
    };
  }

  /** Renders a page for whoever asks, and a problem page for whatever goes wrong. */
  handler(make: (req: IncomingMessage, asker: Asker, room: string) => Promise<Page>): Handler {
    return this.answerer(async (req, res, asker, room) => (await make(req, asker, room))(res, 200));
  }

  /** Finds out who asks and holds their name; answers with a problem page for whatever goes wrong. */
  answerer(
    answer: (req: IncomingMessage, res: ServerResponse, asker: Asker, room: string) => Promise<void>,
  ): Handler {
    return (req, res) => {
      const room = (req as { params?: { room?: string } }).params?.room ?? "";
      let asker = NOBODY;
      const run = async () => {
        asker = await askerOf(this.#parts.identity, req);
        await this.holdName(asker);
        await answer(req, res, asker, room);
      };
      run()
        .catch((error: unknown) => this.fail(req, res, asker, error))
        .catch(() => res.destroy());
    };
  }

  /** Answers with a problem page. */
  fail(req: IncomingMessage, res: ServerResponse, asker: Asker, error: unknown): void {
    if (res.headersSent || res.destroyed) return;
    const problem = problemOf(error, this.#parts.logger);
    setProblemHeaders(req, res, problem);
    this.problem(req, asker, problem)(res, problem.status);
  }

  /** Loading a page holds the name. That somebody else has it by now is said when they write, not when they read. */
  async holdName({ user }: Asker): Promise<void> {
    try {
      if (user) await this.#parts.users?.touch(user.id);
    } catch (error) {
      const known = error instanceof ParkbenchError;
      if (!known || (error.code !== "name_taken" && error.code !== "not_signed_in"))
        this.#parts.logger.warn({ err: error }, "a name could not be held");
    }
  }
}

/** Html as an answer, with the headers of a page. */
export function page(html: string): Page {
  return (res, status) => {
    setSecurityHeaders(res);
    writeAnswer(res, status, "text/html; charset=utf-8", html);
  };
}
