/** The browser's scripts, built into a folder of the test's own. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { makeFolder } from "./server.js";

const BUILD = fileURLToPath(new URL("../../scripts/build-client.js", import.meta.url));

export interface Built {
  /** What the build printed. */
  readonly log: string;
  code(entry: "client" | "tabs" | "page" | "check"): string;
}

/** Builds once for the tests of a file. */
export function builtClient(): () => Built {
  let built: Built | null = null;
  let folder = "";
  beforeAll(() => {
    folder = makeFolder();
    const log = execFileSync(process.execPath, [BUILD, folder], { encoding: "utf8" });
    built = { log, code: (entry) => readFileSync(join(folder, `${entry}.js`), "utf8") };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => {
    if (built) return built;
    throw new Error("the client has not been built yet");
  };
}
