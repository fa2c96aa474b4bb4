/** Flushes to the disk what SQLite does not: a whole file, and the names in a folder. */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Never a database that this process has open: closing it again would drop the locks that SQLite has on it. */
export function flushFile(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Some file systems flush no folder, and a folder that may not be listed cannot be opened. SQLite lets both pass. */
const CANNOT: readonly unknown[] = ["EACCES", "EINVAL", "ENOTSUP", "EPERM"];

/** A file that is flushed itself can still be gone after a power cut: its name is the folder's. */
export function flushFolder(folder: string): void {
  // Windows keeps no folder open, and flushes names by itself.
  if (process.platform === "win32") return;
  let open: number | undefined;
  try {
    open = openSync(folder, "r");
    fsyncSync(open);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && CANNOT.includes(error.code))) throw error;
  } finally {
    if (open !== undefined) closeSync(open);
  }
}

/** `made` is the outermost of the folders that were just made around `folder`, whose names their parents hold. */
export function flushMade(folder: string, made: string): void {
  for (let at = folder; ; at = dirname(at)) {
    flushFolder(at);
    if (at === dirname(made)) return;
  }
}
