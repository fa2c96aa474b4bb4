/** /moderation: the page for moderators. GET shows it, or asks for a code; POST does what its forms say. */
import type { IncomingMessage } from "node:http";
import { ParkbenchError } from "../core/errors.js";
import type { Moderation } from "../core/moderation.js";
import type { Rates } from "../core/rates.js";
import { ROOM_NAME } from "../core/room.js";
import type { User } from "../core/user.js";
import type { Asker } from "../identity/identity.js";
import type { Addresses } from "./address.js";
import type { Problem } from "./errors.js";
import { type FormParts, formHandler, type Page, typed } from "./form.js";
import { fresh } from "./fresh.js";
import { actorOf, moderationActs } from "./moderation-acts.js";
import { Guesses } from "./moderation-guesses.js";
import type { ModerationReach } from "./moderation-reach.js";
import type { ModerationRights } from "./moderation-rights.js";
import { minuteOf } from "./moderation-subject.js";
import { page } from "./pages.js";
import type { Handler } from "./poll.js";
import { type Fields, only } from "./request.js";
import { render } from "./views.js";

export interface ModerationParts extends FormParts {
  readonly moderation: Moderation;
  readonly rights: ModerationRights;
  readonly reach: ModerationReach;
  readonly rates: Rates;
  readonly addresses: Addresses;
}

export interface ModerationHandlers {
  readonly show: Handler;
  readonly act: Handler;
}

/** What is shown of the audit. */
const ACTS_SHOWN = 30;

export function moderationHandlers(parts: ModerationParts): ModerationHandlers {
  const { moderation, rights, reach, pages, addresses } = parts;
  const acts = moderationActs(moderation, reach, addresses.trustsProxy);
  const guesses = new Guesses(parts.rates);

  const act = formHandler(parts, {
    alsoAllows: ["GET", "HEAD"],
    async act(req, fields, asker) {
      const name = only(fields, "act", "bad_request") ?? "";
      if (name === "code") await redeem(req, fields, asker);
      // For those whose session travels in forms alone: to the page itself.
      else if (name !== "look") await perform(name, fields, await rights.demand(asker.user));
      return { status: 200, content: { act: name }, location: fresh(backIn(fields)) };
    },
    next: (req, fields, asker) => {
      const room = roomBackIn(fields);
      return room === null ? show(req, asker, null) : pages.room(req, asker, room, {});
    },
    page: (req, fields, asker, problem) => show(req, asker, problem, fields),
  });
  return { show: pages.handler((req, asker) => show(req, asker, null)), act };

  async function perform(name: string, fields: Fields, user: User): Promise<void> {
    const run = Object.hasOwn(acts, name) ? acts[name] : undefined;
    if (!run)
      throw new ParkbenchError("bad_request", `"act" must be one of ${Object.keys(acts).join(", ")}.`);
    await run(fields, user);
  }

  async function redeem(req: IncomingMessage, fields: Fields, { user, session }: Asker): Promise<void> {
    if (!user)
      throw new ParkbenchError("not_signed_in", "Sign in first: the code makes your user a moderator.");
    const { id } = user;
    const code = only(fields, "code", "bad_code") ?? "";
    const address = addresses.countedOf(req);
    const keys = [`session ${session}`, ...(address === null ? [] : [`address ${address}`])];
    const isRight = await guesses.count(keys, async () => {
      if (!rights.haveCodes || typeof id !== "number") return false;
      return moderation.redeem(code, id, actorOf(user));
    });
    if (isRight) return;
    throw new ParkbenchError(
      "bad_code",
      "This code is wrong, was used before, or is older than 15 minutes. Look at it again, or ask for a new one.",
    );
  }

  async function show(
    req: IncomingMessage,
    asker: Asker,
    problem: Problem | null,
    fields: Fields = new Map(),
  ): Promise<Page> {
    const user = (await rights.has(asker.user)) ? asker.user : null;
    const view = {
      ...pages.common(req, asker, "Moderation", problem),
      moderates: user !== null,
      haveCodes: rights.haveCodes,
      restrictions: user ? await moderation.restrictions() : [],
      rooms: user ? await reach.roomsOf(user, await moderation.rooms()) : [],
      audit: user ? await reach.auditOf(user, await moderation.audit(ACTS_SHOWN)) : [],
      minuteOf,
      typed: (name: string) => typed(fields, name),
    };
    return page(render("moderation", view));
  }
}

/** The room whose page has the form; null for the moderators' own. */
function roomBackIn(fields: Fields): string | null {
  const room = typed(fields, "back");
  return ROOM_NAME.test(room) ? room : null;
}

function backIn(fields: Fields): string {
  const room = roomBackIn(fields);
  return room === null ? "/moderation" : `/rooms/${room}`;
}
