/** One SQLite file under all processes of a torture run, and another program that writes into it. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Database, { SqliteError } from "better-sqlite3";
import type { TortureDatabase } from "./database.js";
import type { Row, Sent } from "./history.js";

/** Its wait would hold up everybody in the process of the test. */
const BUSY_MS = 2;
const AGAIN_MS = 7;

/** `folder` is where its processes are started: they name the file themselves. */
export function sqliteFile(folder: string): TortureDatabase {
  const path = join(folder, "parkbench.db");
  return {
    store: "sqlite",
    env: {},
    acts: [],
    strike: async () => false,
    undisturbed: (job) => job(),
    wasStruck: () => false,
    isListenedTo: async () => {},
    insert: (row, holdMs) => insert(path, row, holdMs),
    rows: async () => rowsOf(path),
    close: async () => folder,
  };
}

/** Opened for each row, as a cron job does: a connection that stays would keep the log of the dead from being recovered. */
async function insert(path: string, { room, text, nonce }: Sent, holdMs: number): Promise<number> {
  const db = new Database(path, { timeout: BUSY_MS });
  try {
    await whenFree(() => db.pragma("synchronous = FULL"));
    await whenFree(() => db.exec("BEGIN IMMEDIATE"));
    const { lastInsertRowid } = db
      .prepare("INSERT INTO messages (room, author_name, text, nonce) VALUES (?, 'Cron', ?, ?)")
      .run(room, text, nonce);
    if (holdMs > 0) await pause(holdMs);
    db.exec("COMMIT");
    return Number(lastInsertRowid);
  } finally {
    db.close();
  }
}

async function whenFree(act: () => unknown): Promise<void> {
  for (;;) {
    try {
      act();
      return;
    } catch (error) {
      if (!(error instanceof SqliteError && error.code.startsWith("SQLITE_BUSY"))) throw error;
      await pause(AGAIN_MS);
    }
  }
}

function rowsOf(path: string): readonly Row[] {
  const db = new Database(path, { readonly: true });
  try {
    const check = db.pragma("integrity_check", { simple: true });
    if (check !== "ok") throw new Error(`The database is damaged: ${check}`);
    return db.prepare("SELECT id, room, text, nonce FROM messages ORDER BY id").all() as Row[];
  } finally {
    db.close();
  }
}
