/** Looks at a database file and the -wal beside it before SQLite does, which would play the one into the other. */
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { unfit, walOf } from "./place.js";
import { damaged } from "./sqlite-errors.js";

const MAGIC = "SQLite format 3\0";

/** Where the header says in which mode the file is written. */
const WRITE_VERSION_AT = 18;
const IN_WAL_MODE = 2;

/**
 * - `whole`: nothing speaks against opening it.
 * - `foreign`: no SQLite database, or what is left of one.
 * - `stale`: a file becomes one of WAL mode before it has a -wal, and a copy by `npm run backup` is none. With a -wal
 *   beside it, somebody has put it in another one's place. A copy made by other means may not show it.
 *
 * Only for a process that has no database open yet: closing the file drops the locks that it has on it.
 */
export function lookAt(path: string): "whole" | "foreign" | "stale" {
  const header = Buffer.alloc(100);
  const file = openSync(path, "r");
  try {
    if (readSync(file, header) < header.length) return "foreign";
  } finally {
    closeSync(file);
  }
  if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) return "foreign";
  return hasWal(path) && header[WRITE_VERSION_AT] !== IN_WAL_MODE ? "stale" : "whole";
}

/** Throws with what to do where a -wal would ruin, or be ruined by, the file beside it. */
export function refuseMixture(path: string): void {
  if (!existsSync(path) || !hasWal(path) || statSync(path).size === 0 || !isReadable(path)) return;
  const looks = lookAt(path);
  if (looks === "foreign") throw damaged(path);
  if (looks === "stale")
    throw unfit(
      `The ${walOf(path)} belongs to another database than the ${path} beside it, which was put there by hand`,
      "SQLite would mix the two. Move both away, and put the backup in place with `npm run restore -- FILE`.",
    );
}

/** Whoever opens what this user may not read says so. */
function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function hasWal(path: string): boolean {
  return (statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0) > 0;
}
