/** Real files for the store's tests: a folder per test, stores that are closed and folders that are removed after it. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, onTestFinished } from "vitest";
import type { Store } from "../../src/core/store.js";
import { type OpenOptions, openStore } from "../../src/store/open.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A folder for one test. Open to all, so that a test may look at it as another user. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "parkbench-store-"));
  chmodSync(folder, 0o777);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function newPath(): string {
  return join(newFolder(), "chat.db");
}

/** A store that is closed after the test, whether or not the test closes it. */
export async function open(url: string = newPath(), options: Omit<OpenOptions, "url"> = {}): Promise<Store> {
  const store = await openStore({ url, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** A message in the lobby; its id. */
export async function say({ log }: Store, text: string): Promise<number> {
  return (await log.append({ room: "lobby", author: { id: null, name: "Ana" }, text })).message.id;
}

/** Another program's connection to the same file. */
export function connect(path: string): Database.Database {
  const db = new Database(path, { timeout: 2_000 });
  onTestFinished(() => void db.close());
  return db;
}

/** A small file system of its own at `folder`. Gives the text of the refusal where this is not allowed. */
export function mount(folder: string, size: string): string | null {
  mkdirSync(folder, { recursive: true });
  const { status, stderr, error } = spawnSync("mount", [
    "-t",
    "tmpfs",
    "-o",
    `size=${size}`,
    "tmpfs",
    folder,
  ]);
  if (status !== 0) return error?.message ?? String(stderr);
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  return null;
}

/**
 * The store as a package of its own, compiled, for tests with further processes, and readable for every user. Gives the
 * path of its `open.js`. Without the native part, its better-sqlite3 is one whose install script was never run.
 */
export function compile({ hasNativePart = true } = {}): string {
  const known = compiled.get(hasNativePart);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), "parkbench-compiled-"));
  chmodSync(folder, 0o755);
  const entry = join(folder, "dist", "store", "open.js");
  const modules = join(ROOT, "node_modules");
  cpSync(join(ROOT, "migrations"), join(folder, "migrations"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      rootDir: join(ROOT, "src"),
      outDir: join(folder, "dist"),
      typeRoots: [join(modules, "@types")],
    },
    files: [join(ROOT, "src/store/open.ts")],
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(stdout);
  const kept = ["better-sqlite3/lib", "better-sqlite3/package.json", "bindings", "file-uri-to-path"];
  if (hasNativePart) kept.push("better-sqlite3/build/Release/better_sqlite3.node");
  for (const name of kept)
    cpSync(join(modules, name), join(folder, "node_modules", name), { recursive: true });
  compiled.set(hasNativePart, entry);
  return entry;
}

const compiled = new Map<boolean, string>();
afterAll(() => {
  for (const entry of compiled.values())
    rmSync(dirname(dirname(dirname(entry))), { recursive: true, force: true });
});

/** Resolves once `isThere` says so; asked once per turn of the event loop, so that it is seen as soon as it is. */
export async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise<void>((resolve) => setImmediate(resolve));
}
