/** What a power cut leaves of a folder: only what had been flushed, under the names that had been flushed. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tools } from "./tools.js";

const SOURCE = fileURLToPath(new URL("power-cut.c", import.meta.url));

/** Flushes all that is there, so that it counts as having survived; then itself, as whatever follows will. */
const FLUSH_ALL = `
  const fs = require("node:fs"), path = require("node:path");
  const flush = (name) => { const fd = fs.openSync(name, "r"); fs.fsyncSync(fd); fs.closeSync(fd); };
  const all = (folder) => {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true }))
      (entry.isDirectory() ? all : flush)(path.join(folder, entry.name));
    flush(folder);
  };
  all(process.argv[1]);`;

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
    settle: () =>
      void execFileSync(process.execPath, ["-e", FLUSH_ALL, folder], { env: { ...process.env, ...env } }),
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
