/** Says loudly, before the first test, which tests this machine cannot run; with REQUIRE_ALL=1 that is a failure. */
import { HOW_TO_GET, tools, WELCOME } from "./tools.js";

export function setup(): void {
  const missing = (Object.keys(tools) as (keyof typeof tools)[]).filter((name) => tools[name] === null);
  if (missing.length === 0) return;
  const lines = missing.map((name) => `  ${name.padEnd(10)} ${HOW_TO_GET[name]}`);
  const text = `Tests that need the following are SKIPPED on this machine:\n${lines.join("\n")}`;
  if (process.env.REQUIRE_ALL === "1" && missing.some((name) => !WELCOME.has(name))) throw new Error(text);
  console.warn(`\n${"*".repeat(72)}\n${text}\n${"*".repeat(72)}\n`);
}
