/** The torture run sees each fault that it is there for: a server with one promise broken never passes. */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { makeFolder } from "../support/server.js";
import { judge, type Verdict } from "./judge.js";
import { run } from "./run.js";

const FAULTY = fileURLToPath(new URL("../support/faulty-server.mjs", import.meta.url));
/** A run that has not seen it is followed by a longer one. */
const SECONDS = [1, 4, 8];

async function verdictOn(fault: string): Promise<Verdict> {
  let verdict: Verdict | null = null;
  for (const [at, seconds] of SECONDS.entries()) {
    const folder = makeFolder();
    const command = [process.execPath, FAULTY, fault] as const;
    verdict = judge(await run({ folder, seed: 11 + at, seconds, processes: 2, what: "none", command }));
    rmSync(folder, { recursive: true, force: true });
    if (verdict.outcome === "FAIL") return verdict;
  }
  return verdict as Verdict;
}

describe("a broken promise is seen", () => {
  test.concurrent.each<[string, RegExp]>([
    ["answer-before-commit", /was acknowledged as \d+, and (there is no such row|that row is another)/],
    ["non-atomic-nonce", /is there twice, the second time as \d+/],
    ["swapped-rows", /has row \d+ .* where the log has row \d+ /s],
    ["skipped-row", /has row \d+ .* where the log has row \d+ /s],
    ["row-twice", /has row \d+ .* where the log has row \d+ /s],
    ["lost-wake-up", /a quiet room was not woken by \w+ on .* process: /],
    ["mute-bell", /process \d found rows that no ring had told of/],
    ["forgotten-session", /signed in, and is nobody on process \d|a send of Writer \d was answered 40\d/],
    ["unescaped-page", /a page of process \d shows null for row \d+/],
    ["unescaped-json", /was answered with what is no JSON/],
  ])("%s", { timeout: 120_000 }, async (fault, reason) => {
    const { outcome, faults } = await verdictOn(fault);
    expect([outcome, ...faults]).toContain("FAIL");
    expect(faults.join("\n")).toMatch(reason);
  });
});

test("a server with all its promises kept is not said to have broken one", { timeout: 120_000 }, async () => {
  const folder = makeFolder();
  const { faults, counts } = judge(await run({ folder, seed: 11, seconds: 1, processes: 2, what: "none" }));
  rmSync(folder, { recursive: true, force: true });
  expect(faults.filter((fault) => !fault.startsWith("too little happened"))).toEqual([]);
  expect(counts.acks).toBeGreaterThan(0);
});
