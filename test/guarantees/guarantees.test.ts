/** The promises in docs/guarantees.md and the tests that bear their numbers: neither without the other. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TEXT = readFileSync(`${ROOT}docs/guarantees.md`, "utf8");

interface Promised {
  readonly number: number;
  /** Files that are said to show it. */
  readonly files: readonly string[];
}

function promisesIn(markdown: string): readonly Promised[] {
  return markdown
    .split(/^## /m)
    .map((section) => ({ number: Number.parseInt(section, 10), section }))
    .filter(({ number }) => !Number.isNaN(number))
    .map(({ number, section }) => ({
      number,
      files: [...section.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, path = ""]) => path),
    }));
}

/** The numbers in the titles of a test file, if nothing says that those tests do not run. */
function numbersIn(source: string): readonly number[] {
  return [...source.matchAll(/([\w.]*)\(\s*["'`]guarantees? (\d(?:, \d)*): \S/g)]
    .filter(([, called = ""]) => !/skip|todo|fails/.test(called))
    .flatMap(([, , numbers = ""]) => numbers.split(", ").map(Number));
}

const TESTS = new Map(
  readdirSync(`${ROOT}test`, { recursive: true, encoding: "utf8" })
    .map((path) => `test/${path.replaceAll("\\", "/")}`)
    // Not this one: its examples are no tests.
    .filter((path) => path.endsWith(".test.ts") && path !== "test/guarantees/guarantees.test.ts")
    .map((path) => [path, numbersIn(readFileSync(ROOT + path, "utf8"))] as const),
);
const PROMISES = promisesIn(TEXT);

describe("docs/guarantees.md", () => {
  it("numbers its promises from 1 on, without a hole", () => {
    expect(PROMISES.length).toBeGreaterThanOrEqual(6);
    expect(PROMISES.map(({ number }) => number)).toEqual(PROMISES.map((_, index) => index + 1));
  });

  it.each(PROMISES)("promise $number is named by each test file that it names", ({ number, files }) => {
    expect(files.length).toBeGreaterThan(0);
    for (const path of files)
      expect([path, TESTS.get(path) ?? []]).toEqual([path, expect.arrayContaining([number])]);
  });

  it("has a promise for every number in a test's title", () => {
    const known = PROMISES.map(({ number }) => number);
    for (const [path, numbers] of TESTS)
      expect([path, numbers.filter((number) => !known.includes(number))]).toEqual([path, []]);
    expect(TESTS.size).toBeGreaterThan(6);
  });

  it("names only commands and files that are there", () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { scripts: object };
    for (const [, script = ""] of TEXT.matchAll(/`npm run ([\w:]+)/g))
      expect(scripts).toHaveProperty([script]);
    for (const [, path = ""] of TEXT.matchAll(/`(test\/[^`]+)`/g))
      expect([path, existsSync(ROOT + path)]).toEqual([path, true]);
  });
});

describe("the check itself", () => {
  it.each([
    ['test("guarantee 3: once", () => {});', [3]],
    ["test.each([1])(`guarantee 1, 2: hold`, () => {});", [1, 2]],
    ['test.skip("guarantee 3: once", () => {});', []],
    ['it.todo("guarantee 3: once");', []],
    ["// guarantee 3: once", []],
    ['test("guarantee 3", () => {});', []],
  ])("finds in %s the numbers %j", (source, numbers) => {
    expect(numbersIn(source)).toEqual(numbers);
  });

  it("finds a promise that names nothing", () => {
    expect(promisesIn("# All\n\n## 1. Order\n\nIn order.\n\n## What is not\n")).toEqual([
      { number: 1, files: [] },
    ]);
  });
});
