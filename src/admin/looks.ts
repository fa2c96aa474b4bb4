/** The commands that only look: rooms, users, moderators, bans and the audit. */
import { foldName } from "../core/user.js";
import { minuteOf, wholeIn } from "../http/moderation-subject.js";
import type { Args, Command, Work } from "./commands.js";
import { CommandError } from "./usage.js";
import { table } from "./words.js";

const ROWS_DEFAULT = 50;
const ROWS_MAX = 10_000;

export const LOOKS: Readonly<Record<string, Command>> = {
  rooms: look("rooms", "list the rooms", [], () => async (moderation) => {
    const rows = (await moderation.rooms()).map(({ name, title, closed, slowS, messages }) => [
      name,
      closed ? "closed" : "open",
      slowS === 0 ? "-" : `${slowS} s`,
      messages,
      title,
    ]);
    return table(["room", "state", "slow", "messages", "title"], rows, "There are no rooms.");
  }),
  users: look("users [--name X] [--limit N]", "list users, the newest first", ["name", "limit"], (args) => {
    const { name } = args.values;
    const limit = limitIn(args);
    return async (moderation) => {
      const folded = name === undefined ? null : foldName(name.normalize("NFC").trim());
      const rows = (await moderation.users(folded, limit)).map(({ id, name, seenAt }) => [
        id,
        name,
        seenAt === 0 ? "signed out" : minuteOf(seenAt),
      ]);
      return table(["user", "name", "last seen"], rows, "There is no such user.");
    };
  }),
  moderators: look("moderators", "list the moderators", [], () => async (moderation) => {
    const rows = (await moderation.moderators()).map(({ userId, name, label, since, isGone }) => [
      userId,
      name,
      label,
      minuteOf(since),
      isGone ? "signed out" : "",
    ]);
    return table(["user", "name now", "code was for", "since", ""], rows, "There are no moderators.");
  }),
  bans: look("bans", "list bans and mutes that hold", [], () => async (moderation) => {
    const rows = (await moderation.restrictions()).map(({ kind, subject, untilMs, by, reason }) => [
      kind,
      `${subject.kind} ${subject.value}`,
      untilMs === null ? "until lifted" : `until ${minuteOf(untilMs)}`,
      by,
      reason,
    ]);
    return table(["what", "whom", "how long", "by", "reason"], rows, "Nobody is banned or muted.");
  }),
  audit: look("audit [--limit N]", "list what was done, the newest first", ["limit"], (args) => {
    const limit = limitIn(args);
    return async (moderation) => {
      const rows = (await moderation.audit(limit)).map(({ at, actor, action, subject, detail }) => [
        minuteOf(at),
        actor,
        action,
        subject,
        detail,
      ]);
      return table(["when", "who", "did", "to", ""], rows, "Nothing has been done yet.");
    };
  }),
};

function look(
  usage: string,
  does: string,
  options: readonly string[],
  prepare: (args: Args) => Work,
): Command {
  return {
    usage,
    does,
    options,
    prepare(args) {
      if (args.rest.length > 0) throw new CommandError("That is too much.", { usage });
      return prepare(args);
    },
  };
}

function limitIn({ values: { limit } }: Args): number {
  return limit === undefined ? ROWS_DEFAULT : wholeIn("--limit", limit, 1, ROWS_MAX);
}
