/** `npm run move -- --from FILE --to postgres://...`: the log, and all that belongs to it, from SQLite to PostgreSQL. */
import { existsSync } from "node:fs";
import { parsed, program, tell, UsageError } from "./command.js";
import { type Moved, moveToPostgres } from "./store/move.js";
import { isPostgres, pathOf } from "./store/open.js";

const USAGE =
  "Usage: npm run move -- --from FILE --to postgres://user@host/database [--ahead] [--stopped]\n" +
  "(--ahead: only a copy of what is there so far, while the server runs; run it again without, when that has stopped)\n" +
  "(--stopped: what is connected to PostgreSQL is no server, I have looked)";

const OPTIONS = {
  from: { type: "string" },
  to: { type: "string" },
  ahead: { type: "boolean" },
  stopped: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

await program(async () => {
  const {
    from = "",
    to = "",
    ahead = false,
    stopped = false,
    help = false,
  } = parsed(USAGE, { options: OPTIONS }).values;
  if (help) return `${USAGE}\n`;
  if (from === "" || isPostgres(from)) throw new UsageError(`--from names the SQLite database.\n${USAGE}`);
  if (!isPostgres(to) || !URL.canParse(to))
    throw new UsageError(`--to is the address of the PostgreSQL database.\n${USAGE}`);
  const startedAt = performance.now();
  const path = pathOf(from);
  const moved = await moveToPostgres({ path, url: to, isAhead: ahead, isStopped: stopped, tell });
  const tookS = ((performance.now() - startedAt) / 1000).toFixed(1);
  return [...said(moved, path, tookS), ...changed(moved)].map((line) => `${line}\n`).join("");
});

function said({ outcome, place, rows, written, sha256 }: Moved, path: string, tookS: string): string[] {
  const next = [
    `Next: start the server with DATABASE_URL set to PostgreSQL at ${place}, and with the SESSION_SECRET of before` +
      (existsSync(`${path}.secret`) ? `: what is in ${path}.secret, unless you had set one.` : "."),
    "Clients go on with their cursors, and people stay signed in.",
    `A server refuses ${path} from now on. How to go back to it: docs/moving.md.`,
  ];
  if (outcome === "was moved before")
    return [`The log of ${path} is at ${place} already: nothing was left to do.`, ...next];
  const listed = [...rows].reverse().map(([name, count]) => `${count} ${name}`);
  if (outcome === "copied")
    return [
      `Copied so far to ${place}, in ${tookS} s: ${written} rows written. There are ${listed.join(", ")}.`,
      "Nothing is switched or verified yet. Next: stop the server and run this again, without --ahead.",
    ];
  return [
    `verified: ${listed.join(", ")}; the same in both databases, SHA-256 ${sha256}.`,
    `The log of ${path} is at ${place}, in ${tookS} s: ${written} rows written by this run.`,
    ...next,
  ];
}

function changed({ notes: { nuls, times, authors, leftOut, leftOutNames } }: Moved): string[] {
  const lines: string[] = [];
  if (nuls > 0)
    lines.push(`${nuls} texts held a NUL, which PostgreSQL cannot keep: U+FFFD stands in its place.`);
  if (times > 0)
    lines.push(`${times} times were before 1970 or after 9999: they are the first or last moment of these.`);
  if (authors > 0) lines.push(`${authors} ids of authors were bytes, which nobody was shown: they are none.`);
  if (leftOut > 0)
    lines.push(
      `${leftOut} rows are left out, as PostgreSQL cannot keep their names, like ${leftOutNames.join("; ")}.`,
    );
  return lines;
}
