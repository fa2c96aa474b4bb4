/** The files of examples/several-machines, and what is known of the variables that they set. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const EXAMPLES = join(ROOT, "examples/several-machines");
export const SECRET = { SESSION_SECRET: "0123456789abcdef" };

/** Every variable there is. */
const KNOWN = new Set(
  [...readFileSync(join(ROOT, ".env.example"), "utf8").matchAll(/^#?\s*([A-Z][A-Z_]+)=/gm)].map(
    ([, name]) => name,
  ),
);

export function read(name: string): string {
  return readFileSync(join(EXAMPLES, name), "utf8");
}

export function unknownIn(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(env).filter((name) => !KNOWN.has(name));
}
