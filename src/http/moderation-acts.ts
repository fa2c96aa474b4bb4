/** What a moderator may do by a form: each act by its name, with the fields that it reads. */
import { ParkbenchError } from "../core/errors.js";
import { SLOW_S_MAX } from "../core/limits.js";
import type { Moderation, RestrictionKind } from "../core/moderation.js";
import type { User } from "../core/user.js";
import type { ModerationReach } from "./moderation-reach.js";
import { newSubjectOf, subjectOf, termsOf, wholeIn } from "./moderation-subject.js";
import { type Fields, only } from "./request.js";

/** `user`: who acts. */
export type Act = (fields: Fields, user: User) => Promise<unknown>;

/** `trustsProxy`: whether addresses behind a proxy on this machine are known. */
export function moderationActs(
  moderation: Moderation,
  reach: ModerationReach,
  trustsProxy: boolean,
): Readonly<Record<string, Act>> {
  const restrict =
    (kind: RestrictionKind): Act =>
    (fields, user) => {
      const subject = newSubjectOf(field(fields, "of"), field(fields, "whom"), trustsProxy);
      const terms = termsOf(field(fields, "minutes"), field(fields, "reason"));
      return moderation.restrict(kind, subject, terms, actorOf(user));
    };
  const lift =
    (kind: RestrictionKind): Act =>
    async (fields, user) => {
      const subject = subjectOf(field(fields, "of"), field(fields, "whom"));
      if (await moderation.lift(kind, subject, actorOf(user))) return;
      throw new ParkbenchError(
        "bad_request",
        `There was no ${kind} of the ${subject.kind} ${subject.value}. Nothing was changed.`,
      );
    };
  const inRoom =
    (act: (room: string, fields: Fields, by: string) => Promise<unknown>): Act =>
    async (fields, user) => {
      const room = roomIn(fields);
      await reach.mustReachRoom(user, room);
      return act(room, fields, actorOf(user));
    };

  return {
    async remove(fields, user) {
      const id = wholeIn("id", field(fields, "id"), 1, Number.MAX_SAFE_INTEGER);
      await reach.mustReachMessage(user, id);
      return moderation.remove(id, actorOf(user));
    },
    mute: restrict("mute"),
    ban: restrict("ban"),
    unmute: lift("mute"),
    unban: lift("ban"),
    close: inRoom((room, _fields, by) => moderation.setClosed(room, true, by)),
    open: inRoom((room, _fields, by) => moderation.setClosed(room, false, by)),
    slow: inRoom((room, fields, by) =>
      moderation.setSlow(room, wholeIn("seconds", field(fields, "seconds"), 0, SLOW_S_MAX), by),
    ),
  };
}

/** As the audit names them: names change, ids do not. */
export function actorOf({ id, name }: User): string {
  return `user ${id} (${name})`;
}

function roomIn(fields: Fields): string {
  const room = field(fields, "room");
  if (room) return room;
  throw new ParkbenchError("bad_room", 'Say which room in "room".');
}

function field(fields: Fields, name: string): string | undefined {
  return only(fields, name, "bad_request");
}
