/** The commands: what each is given, what it does, and the sentence that says what happened. */
import { SLOW_S_MAX } from "../core/limits.js";
import type { Moderation, RestrictionKind, Subject } from "../core/moderation.js";
import { newSubjectOf, subjectOf, termsOf, untilWords, wholeIn } from "../http/moderation-subject.js";
import { LOOKS } from "./looks.js";
import { CommandError } from "./usage.js";
import { safe } from "./words.js";

export interface Args {
  /** What came after the command's name. */
  readonly rest: readonly string[];
  readonly values: {
    readonly name?: string;
    readonly minutes?: string;
    readonly reason?: string;
    readonly limit?: string;
  };
  readonly trustsProxy: boolean;
}

/** Given a database, does the work and resolves with what is to be said. */
export type Work = (moderation: Moderation) => Promise<string>;

export interface Command {
  readonly usage: string;
  readonly does: string;
  readonly options: readonly string[];
  /** Throws what is wrong with the arguments, before any database is opened. */
  prepare(args: Args): Work;
}

/** Who acts, in the audit. */
const OWNER = "owner";
const WHOM = "(user ID | name NAME | address A)";

export const COMMANDS: Readonly<Record<string, Command>> = {
  ...LOOKS,
  remove: command("remove ID", "take a message's text out of the database", [], (args) => {
    const id = wholeIn("ID", one(args, "remove ID"), 1, Number.MAX_SAFE_INTEGER);
    return async (moderation) => {
      const { room, author, isErased } = await moderation.remove(id, OWNER);
      const erased = isErased
        ? ""
        : " Its old text is in the database's files for a while still: docs/moderation.md says until when.";
      return `Removed message ${id} by ${safe(author)} from ${safe(room)}.${erased}`;
    };
  }),
  mute: restriction("mute", "let somebody read, not write"),
  unmute: lifting("mute", "let somebody write again"),
  ban: restriction("ban", "keep somebody out, at once and everywhere"),
  unban: lifting("ban", "let somebody in again"),
  close: command("close ROOM", "let nobody write in a room; it can be read", [], (args) =>
    closing(args, true),
  ),
  open: command("open ROOM", "undo close", [], (args) => closing(args, false)),
  slow: command(
    "slow ROOM SECONDS",
    "how long one sender waits between two messages; 0: not at all",
    [],
    (args) => {
      const [room, seconds] = given(args, 2, "slow ROOM SECONDS");
      const slowS = wholeIn("SECONDS", seconds, 0, SLOW_S_MAX);
      return async (moderation) => {
        await moderation.setSlow(room ?? "", slowS, OWNER);
        return slowS === 0
          ? `Slow mode is off in ${room}.`
          : `In ${room}, one sender now waits ${slowS} s between two messages.`;
      };
    },
  ),
  moderator: command(
    "moderator NAME",
    "print a one-time code that makes whoever types it a moderator",
    [],
    (args) => {
      const label = one(args, "moderator NAME");
      return async (moderation) => {
        const code = await moderation.makeCode(label, OWNER);
        return `${code}\n\nThis code is for ${safe(label)}, once, in the next 15 minutes: sign in to the chat, open /moderation and type it there.`;
      };
    },
  ),
  revoke: command("revoke ID", "make a moderator an ordinary user again", [], (args) => {
    const id = wholeIn("ID", one(args, "revoke ID"), 1, Number.MAX_SAFE_INTEGER);
    return async (moderation) =>
      (await moderation.revoke(id, OWNER))
        ? `User ${id} is no moderator any more.`
        : `User ${id} is no moderator. Nothing was changed.`;
  }),
};

export function helpText(): string {
  const commands = Object.values(COMMANDS);
  const width = Math.max(...commands.map(({ usage }) => usage.length));
  const lines = commands.map(({ usage, does }) => `  ${usage.padEnd(width)}  ${does}`);
  return `npm run admin -- COMMAND, on the database that DATABASE_URL names, whether the server runs or not\n\n${lines.join("\n")}\n`;
}

export function command(
  usage: string,
  does: string,
  options: readonly string[],
  prepare: Command["prepare"],
): Command {
  return { usage, does, options, prepare };
}

function restriction(kind: RestrictionKind, does: string): Command {
  const usage = `${kind} ${WHOM} [--minutes N] [--reason TEXT]`;
  return command(usage, does, ["minutes", "reason"], (args) => {
    const [of, whom] = given(args, 2, usage);
    const subject = newSubjectOf(of, whom, args.trustsProxy);
    // Of a shell variable that is not set; without the option it would be for good.
    if (args.values.minutes === "") throw new CommandError("--minutes is empty.", { usage });
    const terms = termsOf(args.values.minutes, args.values.reason);
    return async (moderation) => {
      await moderation.restrict(kind, subject, terms, OWNER);
      const until = untilWords(terms) || " until this is lifted";
      return `${kind === "ban" ? "Banned" : "Muted"} ${await wordsFor(subject, moderation)}${until}.`;
    };
  });
}

function lifting(kind: RestrictionKind, does: string): Command {
  const usage = `un${kind} ${WHOM}`;
  return command(usage, does, [], (args) => {
    const [of, whom] = given(args, 2, usage);
    const subject = subjectOf(of, whom);
    return async (moderation) => {
      const isLifted = await moderation.lift(kind, subject, OWNER);
      const whom = await wordsFor(subject, moderation);
      const done = kind === "ban" ? "may come in again" : "may write again";
      return isLifted
        ? `${whom[0]?.toUpperCase()}${whom.slice(1)} ${done}.`
        : `There was no ${kind} of ${whom}. Nothing was changed.`;
    };
  });
}

async function wordsFor({ kind, value }: Subject, moderation: Moderation): Promise<string> {
  if (kind !== "user") return `the ${kind} ${safe(value)}`;
  const user = /^[1-9][0-9]{0,14}$/.test(value) ? await moderation.user(Number(value)) : null;
  return `user ${safe(value)} (${user ? safe(user.name) : "of whom this database knows nothing"})`;
}

function closing(args: Args, isClosed: boolean): Work {
  const room = one(args, `${isClosed ? "close" : "open"} ROOM`);
  return async (moderation) => {
    await moderation.setClosed(room, isClosed, OWNER);
    return isClosed ? `${room} is closed: it can be read, not written to.` : `${room} is open.`;
  };
}

function one(args: Args, usage: string): string {
  return given(args, 1, usage)[0] ?? "";
}

function given({ rest }: Args, count: number, usage: string): readonly string[] {
  if (rest.length === count && rest.every((word) => word.trim() !== "")) return rest;
  throw new CommandError(rest.length > count ? "That is too much." : "Something is missing.", { usage });
}
