/** What a moderator may do by a form: each act by its name, with the fields that it reads. */
import { ParkbenchError } from "../core/errors.js";
import { SLOW_S_MAX } from "../core/limits.js";
import type { Moderation, RestrictionKind } from "../core/moderation.js";
import { newSubjectOf, subjectOf, termsOf, wholeIn } from "./moderation-subject.js";
import { type Fields, only } from "./request.js";

/** `by`: who acts, for the audit. */
export type Act = (fields: Fields, by: string) => Promise<unknown>;

/** `trustsProxy`: whether addresses behind a proxy on this machine are known. */
export function moderationActs(moderation: Moderation, trustsProxy: boolean): Readonly<Record<string, Act>> {
  const restrict =
    (kind: RestrictionKind): Act =>
    (fields, by) => {
      const subject = newSubjectOf(field(fields, "of"), field(fields, "whom"), trustsProxy);
      const terms = termsOf(field(fields, "minutes"), field(fields, "reason"));
      return moderation.restrict(kind, subject, terms, by);
    };
  const lift =
    (kind: RestrictionKind): Act =>
    (fields, by) =>
      moderation.lift(kind, subjectOf(field(fields, "of"), field(fields, "whom")), by);

  return {
    remove: (fields, by) =>
      moderation.remove(wholeIn("id", field(fields, "id"), 1, Number.MAX_SAFE_INTEGER), by),
    mute: restrict("mute"),
    ban: restrict("ban"),
    unmute: lift("mute"),
    unban: lift("ban"),
    close: (fields, by) => moderation.setClosed(roomIn(fields), true, by),
    open: (fields, by) => moderation.setClosed(roomIn(fields), false, by),
    slow: (fields, by) =>
      moderation.setSlow(roomIn(fields), wholeIn("seconds", field(fields, "seconds"), 0, SLOW_S_MAX), by),
  };
}

function roomIn(fields: Fields): string {
  const room = field(fields, "room");
  if (room) return room;
  throw new ParkbenchError("bad_room", 'Say which room in "room".');
}

function field(fields: Fields, name: string): string | undefined {
  return only(fields, name, "bad_request");
}
