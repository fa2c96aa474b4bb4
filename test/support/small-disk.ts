/** A small file system of its own, by root on Linux: to fill, or to be read only. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./server.js";

export interface SmallDisk {
  readonly folder: string;
  /** Takes every free byte. */
  fill(): void;
  /** Gives them back. */
  free(): void;
  makeReadOnly(): void;
  remove(): void;
}

export function makeSmallDisk(sizeKb: number): SmallDisk {
  const folder = makeFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeKb}k,mode=700`, "parkbench-test", folder]);
  const filler = join(folder, "filler");
  return {
    folder,
    fill() {
      const file = openSync(filler, "a");
      try {
        for (const piece of [Buffer.alloc(65_536), Buffer.alloc(4096), Buffer.alloc(1)])
          writeUntilFull(file, piece);
      } finally {
        closeSync(file);
      }
    },
    free() {
      const file = openSync(filler, "r+");
      ftruncateSync(file);
      closeSync(file);
    },
    makeReadOnly() {
      execFileSync("mount", ["-o", "remount,ro", folder]);
    },
    remove() {
      // Lazy: also when a process that a failed test has left behind still holds a file.
      execFileSync("umount", ["-l", folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    while (writeSync(file, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
