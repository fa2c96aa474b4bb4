/** Puts another file in a database's place in one step, so that at every moment one whole database is there. */
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { flushFile, flushFolder } from "./flush.js";
import { unfit } from "./place.js";

/** What SQLite keeps beside a file, and would play into another one that takes its place. */
const BESIDE = ["-wal", "-shm", "-journal"];

/**
 * Gives the name under which what was there is kept, with what a damaged database has beside it. Never opens the file
 * that is there: closing it would drop this process's lock.
 */
export function replaceFile(path: string, by: string): string | null {
  try {
    likeBefore(path, by);
    flushFile(by);
    const folder = dirname(path);
    removeUnfinished(path);
    const aside = `${path}.before-${new Date().toISOString().replaceAll(/[-:.]/g, "")}`;
    // A second name, not a move: without a file at the path, a server that starts would begin an empty log.
    const kept = ["", "-wal", "-journal"].filter((ending) => existsSync(path + ending));
    for (const ending of kept) linkSync(path + ending, aside + ending);
    flushFolder(folder);
    for (const ending of BESIDE) rmSync(path + ending, { force: true });
    // Before the rename: a power cut must not bring a -wal back beside the new file.
    flushFolder(folder);
    renameSync(by, path);
    flushFolder(folder);
    return kept.length > 0 ? aside : null;
  } catch (error) {
    throw unfit(
      `The database ${path} cannot be replaced`,
      "It is as it was, or in the file beside it.",
      error,
    );
  }
}

/** Readable for whom the old one was readable, also when root restores for another user. */
function likeBefore(path: string, by: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  const { uid, gid } = there ?? statSync(dirname(path));
  chmodSync(by, there === undefined ? 0o600 : there.mode & 0o777);
  if (process.getuid?.() === 0) chownSync(by, uid, gid);
}

/** A restore that was killed may have left a second name of the database: whoever opened both would ruin it. */
function removeUnfinished(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.nlink === 1) return;
  for (const name of readdirSync(dirname(path))) {
    const other = join(dirname(path), name);
    if (name.startsWith(`${basename(path)}.before-`) && statSync(other).ino === there.ino) rmSync(other);
  }
}
