/** What is installed with the product: under which licences, from where, and that it is what the lock file names. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = (path: string) => new URL(`../../${path}`, import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(root(path), "utf8"));

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

const ALLOWED = ["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "BlueOak-1.0.0"];

const { packages } = read("package-lock.json") as { packages: Record<string, Locked> };
const product = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);

/** Every one of "A OR B", "(A AND B)"; what is offered by choice may be chosen. */
function isAllowed(licence: unknown): boolean {
  if (typeof licence !== "string") return false;
  const choices = licence.replace(/^\(|\)$/g, "").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((part) => ALLOWED.includes(part)));
}

describe("the product's dependencies", () => {
  it("are these many, and each is installed in the version that is locked", () => {
    expect(product.length).toBeGreaterThan(50);
    const wrong = product
      .filter(([path, { optional }]) => !optional || existsSync(root(path)))
      .filter(([path, { version }]) => read(`${path}/package.json`).version !== version);
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  it.each(product)("%s has a licence that lets anybody use the product as they like", (path) => {
    if (!existsSync(root(path))) return;
    const { license, licenses } = read(`${path}/package.json`) as {
      license?: unknown;
      licenses?: { type: string }[];
    };
    const named = license ?? licenses?.map(({ type }) => type).join(" OR ");
    expect(isAllowed(named), String(named)).toBe(true);
  });

  it("are pinned by their content", () => {
    expect(
      product.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? "")).map(([path]) => path),
    ).toEqual([]);
  });

  it("run nothing when they are installed but the driver, which is built or fetched for the machine", () => {
    const scripts = product.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    expect(scripts).toEqual(["node_modules/better-sqlite3"]);
    const { allowScripts } = read("package.json") as { allowScripts: object };
    expect(Object.keys(allowScripts)).toEqual(expect.arrayContaining(["better-sqlite3"]));
  });

  it.each(["GPL-3.0-only", "AGPL-3.0", "MIT AND GPL-2.0", "UNLICENSED", "SEE LICENSE IN x", "", undefined])(
    "negative twin: %s is no such licence",
    (licence) => {
      expect(isAllowed(licence)).toBe(false);
    },
  );
});
