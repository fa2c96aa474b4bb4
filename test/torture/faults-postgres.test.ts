/** The torture run sees each fault that PostgreSQL's store could have: none of these servers and databases ever passes. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.js";
import { makeFolder } from "../support/server.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
import { PostgresDatabase } from "./database-postgres.js";
import { judge, type Verdict } from "./judge.js";
import { type RunOptions, run } from "./run.js";

const FAULTY = fileURLToPath(new URL("../support/faulty-server.mjs", import.meta.url));
/** A run that has not seen it is followed by a longer one. */
const SECONDS = [2, 5, 10];

/** Late arrivals need no luck where a moment passes between an id and its commit. */
const slow = (s: number) => spoil("parkbench_added", "BEGIN", `BEGIN PERFORM pg_sleep(random() * ${s});`);
const NO_LOCK = ["parkbench_lock", "parkbench_append"]
  .map((name) => spoil(name, "PERFORM pg_advisory_xact_lock(7275626, 1);", ""))
  .join("\n");

/** Puts other words into a function; fails where it has not these. */
function spoil(name: string, words: string, instead: string): string {
  return `DO $do$ DECLARE was text := pg_get_functiondef('${name}'::regproc); BEGIN
    ASSERT position('${words}' IN was) > 0;
    EXECUTE replace(was, '${words}', '${instead}');
  END $do$;`;
}

async function verdictOn(sql: string, options: Partial<RunOptions>): Promise<Verdict> {
  const url = await freshDatabase();
  await (await openStore({ url })).log.close();
  const database = new PostgresDatabase(url, null);
  await database.ask(sql);
  return verdictOf({ database, ...options });
}

async function verdictOf(options: Partial<RunOptions>): Promise<Verdict> {
  const folder = makeFolder();
  const history = await run({ folder, seed: 11, seconds: 1, processes: 2, what: "none", ...options });
  await options.database?.close(false);
  rmSync(folder, { recursive: true, force: true });
  return judge(history);
}

describe.skipIf(tools.postgres === null)("a broken promise is seen on PostgreSQL", () => {
  test.concurrent.each<[string, string, RegExp]>([
    ["answer-before-commit", "", /was acknowledged as \d+, and (there is no such row|that row is another)/],
    ["non-atomic-nonce", "", /is there twice, the second time as \d+/],
    ["lost-notify", "", /process \d found rows that no ring had told of/],
    ["lost-notify-no-look", "", /a quiet room was not woken by \w+ on another process: /],
    ["no lock", slow(0.5) + NO_LOCK, /has (row \d+ .*|nothing) where the log has row \d+ /s],
  ])("%s", { timeout: 300_000 }, async (fault, sql, reason) => {
    const command = sql === "" ? ([process.execPath, FAULTY, fault] as const) : undefined;
    let verdict: Verdict | null = null;
    for (const [at, seconds] of SECONDS.entries()) {
      verdict = await verdictOn(sql, { seed: 11 + at, seconds, ...(command && { command }) });
      if (verdict.outcome === "FAIL") break;
    }
    expect([verdict?.outcome, ...(verdict?.faults ?? [])]).toContain("FAIL");
    expect(verdict?.faults.join("\n")).toMatch(reason);
  });

  test.each([
    ["a server with all its promises kept", ""],
    ["one on a slow database", slow(0.05)],
  ])("%s is not said to have broken one", { timeout: 300_000 }, async (_, sql) => {
    const { faults, counts } = await verdictOn(sql, {});
    expect(faults.filter((fault) => !fault.startsWith("too little happened"))).toEqual([]);
    expect(counts.acks).toBeGreaterThan(0);
  });
});
