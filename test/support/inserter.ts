/** Another program that inserts messages: each insert gives the time at which its commit was done. */
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tools } from "./tools.js";

export interface Inserter {
  /** Inserts a row into the lobby; resolves with the commit's time in ms since 1970, as that program saw it. */
  insert(text: string): Promise<number>;
  close(): Promise<void>;
}

const NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

/** Runs SQL in Debian's sqlite3, a new process each time, as a cron job would; gives what it printed. */
export async function sqlite3(database: string, sql: string): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run(tools.sqlite3 ?? "sqlite3", ["-bail", "-cmd", ".timeout 5000", database, sql]);
  return stdout.trim();
}

export function withSqlite3(database: string): Inserter {
  return {
    insert: async (text) =>
      Number(
        await sqlite3(
          database,
          `INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', '${text}'); SELECT ${NOW};`,
        ),
      ),
    close: async () => {},
  };
}

/** The library in a process of its own, open all the time. */
export async function withLibrary(database: string): Promise<Inserter> {
  const program = fileURLToPath(new URL("./insert.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, database], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The inserting program has ended");
    return value;
  };
  await line();
  return {
    async insert(text) {
      child.stdin.write(`${text}\n`);
      return Number(await line());
    },
    close() {
      child.stdin.end();
      return gone;
    },
  };
}
