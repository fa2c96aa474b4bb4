/** A torture run with a folder and a database of its own, its verdict, and the line that says it. */
import { rmSync } from "node:fs";
import { makeFolder } from "../support/server.js";
import type { TortureDatabase } from "./database.js";
import { postgresAt, postgresCluster } from "./database-postgres.js";
import { sqliteFile } from "./database-sqlite.js";
import { judge, type Verdict } from "./judge.js";
import { type RunOptions, run } from "./run.js";

export interface TortureOptions extends Omit<RunOptions, "folder" | "database"> {
  readonly store?: TortureDatabase["store"];
  /** An empty PostgreSQL database, in place of one in a throw-away cluster. */
  readonly databaseUrl?: string | undefined;
}

/** Removes the folder and the database unless a promise was broken: then it is named. */
export async function torture(options: TortureOptions): Promise<Verdict & { line: string }> {
  const { store = "sqlite", databaseUrl, ...rest } = options;
  const folder = makeFolder();
  const database = await open(store, databaseUrl, folder);
  const verdict = await run({ ...rest, folder, database }).then(judge, async (error: unknown) => {
    await database.close(false);
    throw error;
  });
  const { seed, seconds, processes, workers = 1 } = options;
  const figures = Object.entries({ store, seed, seconds, processes, workers, ...verdict.counts });
  const line = `${verdict.outcome} ${figures.map(([name, value]) => `${name}=${value}`).join(" ")}`;
  const isKept = verdict.outcome === "FAIL";
  const kept = await database.close(isKept);
  if (isKept) return { ...verdict, line: `${line} database=${kept}` };
  rmSync(folder, { recursive: true, force: true });
  return { ...verdict, line };
}

function open(
  store: TortureDatabase["store"],
  databaseUrl: string | undefined,
  folder: string,
): TortureDatabase | Promise<TortureDatabase> {
  if (databaseUrl !== undefined) return postgresAt(databaseUrl);
  return store === "postgres" ? postgresCluster() : sqliteFile(folder);
}
