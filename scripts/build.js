// Builds dist/ with the TypeScript compiler and public/*.js as build-client.js does; with --if-stale only when a
// source is newer.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildClient } from "./build-client.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "dist", ".built");
const sources = ["src", "tsconfig.json", "package.json", "scripts/build.js", "scripts/build-client.js"];

if (process.argv.includes("--if-stale") && existsSync(stamp)) {
  const builtAt = statSync(stamp).mtimeMs;
  if (sources.every((source) => newest(join(root, source)) <= builtAt)) process.exit(0);
}

const tsc = compiler();
rmSync(join(root, "dist"), { recursive: true, force: true });
for (const project of ["tsconfig.json", "src/client/tsconfig.json"]) {
  const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, project)], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
await buildClient();
writeFileSync(stamp, "");

/** The newest change below a path, in ms. A file that was removed shows in its folder's own time. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function compiler() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  } catch {
    console.error(
      "Parkbench is not built and the TypeScript compiler is not installed.\n" +
        "Run `npm ci --include=dev` once (NODE_ENV=production leaves the compiler out), then `npm start` again.",
    );
    process.exit(1);
  }
}
