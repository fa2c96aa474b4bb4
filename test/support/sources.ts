/** The program's own source files, and what each imports. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

export interface Source {
  /** Below `src/`, with "/": `http/poll.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** A file below `src/`, or a package's name, or `node:...`. */
  readonly of: string;
  readonly isOwn: boolean;
  readonly isType: boolean;
}

export function readSources(): readonly Source[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => ({ path, text: readFileSync(SRC + path, "utf8") }));
}

/** Static, re-exporting, dynamic and required alike. */
export function importsOf({ path, text }: Source): readonly Import[] {
  const found: Import[] = [];
  const forms = [
    /^\s*(?<words>import|export)\b(?<what>[^;"']*?\bfrom)?\s*["'](?<of>[^"']+)["']/gm,
    /\b(?:import|require|createRequire\([^)]*\))\s*\(\s*["'`](?<of>[^"'`]+)["'`]/g,
  ];
  for (const form of forms) {
    for (const { groups = {} } of text.matchAll(form)) {
      const { of = "", what = "" } = groups;
      const isOwn = of.startsWith(".");
      found.push({ of: isOwn ? resolved(path, of) : packageOf(of), isOwn, isType: /^\s+type\b/.test(what) });
    }
  }
  return found;
}

/** The folder of a file below `src/`, or the file itself where it lies in none. */
export function areaOf(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? path : path.slice(0, slash);
}

function resolved(from: string, to: string): string {
  return new URL(to, `file:///${from}`).pathname.slice(1).replace(/\.js$/, ".ts");
}

function packageOf(name: string): string {
  return name.startsWith("node:")
    ? name
    : name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/");
}
