/** `npm run scale` as it is typed: what it prints, and what it refuses. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SCALE = fileURLToPath(new URL("../../scripts/scale.js", import.meta.url));
const SMALL = ["--readers", "20", "--seconds", "0.5", "--processes", "1,4"];

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCALE, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

it("prints a line for each number of processes, under two loads, the same each time", () => {
  const { status, stdout } = run(...SMALL);
  expect(status).toBe(0);
  expect(stdout.match(/messages a second .* \(seed 1, 0.5 s\)$/gm)).toHaveLength(2);
  expect(stdout.match(/^ {9}[14] .* %$/gm)).toHaveLength(4);
  expect(run(...SMALL).stdout).toBe(stdout);
});

it("takes every figure of the model, and then prints the one load that is asked for", () => {
  const { status, stdout } = run(...SMALL, "--messages-each", "7", "--flush-ms", "50", "--seed", "3");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\n7 messages a second from each process, .* \(seed 3, 0.5 s\)\n/);
  const [sendP50] = [...stdout.matchAll(/^ {9}1 +\d+ +([\d.]+)/gm)].map(([, ms]) => Number(ms));
  expect(sendP50).toBeGreaterThan(50);
});

it.each([
  ["--flush-ms", "soon"],
  ["--flush-ms=-1"],
  ["--readers", "0"],
  ["--database-cores", "1.5"],
  ["--flush", "2"],
  ["--processes", "2,"],
  ["wake"],
])("refuses %s %s", (...args) => {
  const { status, stderr, stdout } = run(...args);
  expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
  expect(stderr).toMatch(/^\S.+\n\nnpm run scale/);
});
