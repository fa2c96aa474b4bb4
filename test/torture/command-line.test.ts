/** `npm run torture` as a person or a script calls it: its arguments, its one line, its exit codes. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../scripts/torture.js", import.meta.url));
const CODES: Readonly<Record<string, number>> = { PASS: 0, FAIL: 1, INCONCLUSIVE: 2 };

const OPTIONS = ["--seconds", "--seed", "--processes", "--workers", "--only", "--store", "--database"];

function torture(...args: readonly string[]) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: "utf8" });
}

test("--help says what there is", () => {
  const { status, stdout } = torture("--help");
  expect(status).toBe(0);
  for (const option of OPTIONS) expect(stdout).toContain(option);
});

test.each([
  [["--seconds", "soon"], /--seconds must be a whole number from 1 to 86400, not "soon"/],
  [["--processes", "0"], /--processes must be a whole number from 1 to 8/],
  [["--only", "cuts"], /--only takes "kill", not "cuts"/],
  [["--workers", "9"], /--workers must be a whole number from 1 to 8/],
  [["--store", "mysql"], /--store takes "sqlite" or "postgres", not "mysql"/],
  [["--database", "data/parkbench.db"], /--database takes an address like postgres:/],
  [["--store", "sqlite", "--database", "postgres://chat@127.0.0.1/chat"], /--database takes an address/],
  [["--speed", "7"], /--speed/],
])("%j is refused, with the help", (args, complaint) => {
  const { status, stderr } = torture(...args);
  expect(status).toBe(64);
  expect(stderr).toMatch(complaint);
  expect(stderr).toContain("npm run torture");
});

test("a second of it ends with one line, its seed in it, and the exit code that the line says", {
  timeout: 60_000,
}, () => {
  const { status, stdout, stderr } = torture("--seconds", "1", "--processes", "1", "--seed", "7");
  const [, outcome = ""] =
    /^(PASS|INCONCLUSIVE) store=sqlite seed=7 seconds=1 processes=1 workers=1 rows=\d+ .*\n$/.exec(stdout) ??
    [];
  expect([outcome, status], stdout + stderr).toEqual(["INCONCLUSIVE", CODES.INCONCLUSIVE]);
  expect(stderr).toContain("too little happened");
});
