/** What a power cut leaves of a folder: only what had been flushed, under the names that had been flushed. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tools } from "./tools.js";

const SOURCE = fileURLToPath(new URL("power-cut.c", import.meta.url));

export interface PowerCut {
  /** For the program that is to lose its power. It must open its files after it has started. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes the folder as it is now for safely stored. Not while another program works in it. */
  settle(): void;
  /** Writes to `into` what is left of the folder. Call it when the program has been killed. */
  leave(into: string): void;
}

/** Watches `folder`; what it needs for that is kept in `aside`. Without a `library` it makes one there. */
export function preparePowerCut(folder: string, aside: string, library = compilePowerCut(aside)): PowerCut {
  const shadow = join(aside, "flushed");
  mkdirSync(shadow, { recursive: true });
  const env = { LD_PRELOAD: library, CUT_FROM: folder, CUT_TO: shadow };
  return {
    env,
    settle: () => settleFolder(folder, join(shadow, "root"), shadow),
    leave: (into) => leaveFolder(shadow, "root", into),
  };
}

export function compilePowerCut(into: string): string {
  mkdirSync(into, { recursive: true });
  const library = join(into, "power-cut.so");
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  execFileSync(tools.cc ?? "cc", [...warnings, "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"]);
  return library;
}

/** Writes what the library would have written. */
function settleFolder(folder: string, as: string, shadow: string): void {
  const lines = readdirSync(folder).map((name) => {
    const path = join(folder, name);
    const { ino, birthtimeNs } = statSync(path, { bigint: true });
    const key = `${ino}-${birthtimeNs / 1_000_000_000n}-${birthtimeNs % 1_000_000_000n}`;
    const isFolder = statSync(path).isDirectory();
    if (isFolder) settleFolder(path, join(shadow, key), shadow);
    else copyFileSync(path, join(shadow, key));
    return `${isFolder ? "d" : "f"} ${key} ${name}\n`;
  });
  writeFileSync(as, lines.join(""));
}

/** A name that was flushed before its file is an empty file. */
function leaveFolder(shadow: string, key: string, into: string): void {
  mkdirSync(into, { recursive: true });
  const flushed = join(shadow, key);
  if (!existsSync(flushed)) return;
  for (const line of readFileSync(flushed, "utf8").split("\n").filter(Boolean)) {
    const [, kind, inner = "", name = ""] = /^([df]) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "d") leaveFolder(shadow, inner, join(into, name));
    else if (existsSync(join(shadow, inner))) copyFileSync(join(shadow, inner), join(into, name));
    else writeFileSync(join(into, name), "");
  }
}

/**
 * Of the files with these endings any may have been written back by the system before the cut, flushed or not: every
 * mixture of `left` (as flushed) and `now` (as it was), a folder each.
 */
export function mixtures(left: string, now: string, base: string, endings: readonly string[], into: string) {
  return Array.from({ length: 2 ** endings.length }, (_, mask) => {
    const folder = join(into, `mixture-${mask}`);
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(left)) {
      const at = endings.findIndex((ending) => name === base + ending);
      const from = at >= 0 && mask & (1 << at) ? now : left;
      copyFileSync(join(from, name), join(folder, name));
    }
    return join(folder, base);
  });
}
