/** The programs that some tests need, and where they are on this machine. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

function find(...names: string[]): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {}
    }
  }
  return null;
}

/** A path, or null where the program is not installed: tests that need it are then skipped, and said to be. */
export const tools = {
  chromium: find("chromium", "chromium-browser", "google-chrome"),
  w3m: find("w3m"),
  tmux: find("tmux"),
  sqlite3: find("sqlite3"),
  curl: find("curl"),
  /** Mounting a small file system, for the disk-full tests, takes root on Linux. */
  mount: process.getuid?.() === 0 ? find("mount") : null,
} as const;

export const HOW_TO_GET: Readonly<Record<keyof typeof tools, string>> = {
  chromium: "apt-get install chromium",
  w3m: "apt-get install w3m",
  tmux: "apt-get install tmux",
  sqlite3: "apt-get install sqlite3",
  curl: "apt-get install curl",
  mount: "run the tests as root on Linux",
};
