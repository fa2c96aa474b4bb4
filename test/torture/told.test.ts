/** What a tortured process may say in its log, and when: of its database only while something is done to that. */
import { expect, test } from "vitest";
import type { TortureDatabase } from "./database.js";
import { sqliteFile } from "./database-sqlite.js";
import { troublesIn } from "./told.js";

const STRUCK_AT = 50_000;
const database: TortureDatabase = {
  ...sqliteFile("nowhere"),
  wasStruck: (fromMs, toMs, afterMs) => fromMs <= STRUCK_AT + afterMs && toMs >= STRUCK_AT,
};
const REFUSED = { level: 50, code: "storage_failed", msg: "a request failed" };
const UNRUNG = { level: 40, msg: "rows were found that no ring had told of: readers waited" };

test.each([
  ["a request that failed as the database did", { ...REFUSED, time: STRUCK_AT + 100 }],
  ["a row that was found while nobody listened", { ...UNRUNG, time: STRUCK_AT + 3000 }],
  ["a warning", { level: 40, time: 1, msg: "a connection was lost" }],
])("%s is no trouble", (_, line) => {
  expect([...troublesIn(`${JSON.stringify(line)}\n`, database)]).toEqual([]);
});

test.each([
  ["a request that failed before", { ...REFUSED, time: STRUCK_AT - 1 }],
  ["a request that failed long after", { ...REFUSED, time: STRUCK_AT + 60_000 }],
  ["a request that failed for a reason of its own", { ...REFUSED, code: "internal", time: STRUCK_AT }],
  ["another error", { level: 60, msg: "an error that nothing caught", time: STRUCK_AT }],
  ["an error without a time", REFUSED],
  ["a row that was found though all listened", { ...UNRUNG, time: STRUCK_AT + 60_000 }],
])("%s is trouble", (_, line) => {
  const output = `Parkbench listens\n${JSON.stringify(line)}\n{"level":50,"ti`;
  expect([...troublesIn(output, database)]).toHaveLength(1);
});
