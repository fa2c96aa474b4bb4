/** `test` with the backup and restore programs over a folder of its own, and what is in a database. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect } from "vitest";
import { type Answer, call } from "./http-client.js";
import { test as ownTest } from "./own-server.js";
import { type Ended, runProgram } from "./program.js";
import { type ServerProcess, startServer } from "./server.js";

type Run = (...args: string[]) => Promise<Ended>;

export interface Copies {
  readonly database: string;
  readonly copy: string;
  backUp: Run;
  restore: Run;
  /** The text of a run that must not succeed, and that has changed no name in the folder. */
  refusal(run: Run, ...args: string[]): Promise<string>;
}

export const test = ownTest.extend<Copies>({
  database: async ({ folder }, use) => use(join(folder, "parkbench.db")),
  copy: async ({ folder }, use) => use(join(folder, "copy.db")),
  backUp: async ({ database }, use) =>
    use((...args) => runProgram("backup", args, { DATABASE_URL: database })),
  restore: async ({ database }, use) =>
    use((...args) => runProgram("restore", args, { DATABASE_URL: database })),
  refusal: async ({ folder }, use) =>
    use(async (run, ...args) => {
      const before = readdirSync(folder).sort();
      const { code, stdout, stderr } = await run(...args);
      expect([code, stdout]).toEqual([stderr.includes("Usage:") ? 2 : 1, ""]);
      expect(stderr).not.toMatch(/ {4}at |SqliteError|Error:/);
      expect(readdirSync(folder).sort()).toEqual(before);
      return stderr;
    }),
});

export function say({ url }: ServerProcess, text: string): Promise<Answer> {
  return call(`${url}/send`, { form: { name: "Ana", text } });
}

/** A database with these messages, as a server that was stopped, or killed, has left it. */
export async function makeDatabase(
  folder: string,
  texts: readonly string[] = ["kept"],
  signal: "SIGTERM" | "SIGKILL" = "SIGTERM",
): Promise<void> {
  const server = await startServer({ folder });
  for (const text of texts) await say(server, text);
  await server.stop(signal);
}

/** All messages of a sound database. It is read as a program beside would: what is in the -wal counts. */
export function textsIn(path: string): string[] {
  return read(path, "SELECT text FROM messages ORDER BY id") as string[];
}

export function epochOf(path: string): string {
  return String(read(path, "SELECT epoch FROM log")[0]);
}

/** The first column of each row. */
export function read(path: string, sql: string): unknown[] {
  const db = new Database(path, { fileMustExist: true });
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    return db.prepare(sql).pluck().all();
  } finally {
    db.close();
  }
}

/** Where the replaced database is kept. */
export function asideOf(folder: string): string {
  const names = readdirSync(folder).filter((name) => /^parkbench\.db\.before-\d{8}T\d{9}Z$/.test(name));
  expect(names).toHaveLength(1);
  return join(folder, names[0] ?? "");
}
