/** How scripts/hostile.js answers to what it is asked: usage for help, a mistake and the usage for what it cannot do. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/hostile.js", import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });

it("--help says how it is used, and nothing else", () => {
  const { status, stdout, stderr } = run("--help");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("slow-readers");
});

it.each([
  [["--none"], "Unknown option '--none'"],
  [["--scale"], "'--scale <value>' argument missing"],
  [["--scale", "2"], '--scale cannot be "2"'],
  [["nothing"], 'There is no scene "nothing"'],
])("%j ends with 2, the mistake and the usage, without a stack", (args, mistake) => {
  const { status, stdout, stderr } = run(...args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(mistake);
  expect(stderr).toContain("node scripts/hostile.js [--scale S]");
  expect(stderr).not.toContain("    at ");
});
