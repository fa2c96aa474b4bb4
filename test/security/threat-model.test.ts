/** The threat model names the tests that show it, and each of these tests is named in it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = (path: string) => new URL(`../../${path}`, import.meta.url);
const named = [...readFileSync(root("SECURITY.md"), "utf8").matchAll(/\btest\/[\w/-]+\.test\.ts\b/g)].map(
  ([path]) => path,
);

it("names tests that are there", () => {
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((path) => !existsSync(root(path)))).toEqual([]);
});

it("names every security test but this", () => {
  const here = readdirSync(root("test/security")).map((file) => `test/security/${file}`);
  expect(here.filter((path) => !named.includes(path))).toEqual(["test/security/threat-model.test.ts"]);
});
