/** A torture run with a folder of its own, its verdict, and the line that says it. */
import { rmSync } from "node:fs";
import { makeFolder } from "../support/server.js";
import { judge, type Verdict } from "./judge.js";
import { type RunOptions, run } from "./run.js";

/** Removes the folder unless a promise was broken: then it is named. */
export async function torture(options: Omit<RunOptions, "folder">): Promise<Verdict & { line: string }> {
  const folder = makeFolder();
  const verdict = judge(await run({ ...options, folder }));
  const { seed, seconds, processes } = options;
  const figures = Object.entries({ seed, seconds, processes, ...verdict.counts });
  const line = `${verdict.outcome} ${figures.map(([name, value]) => `${name}=${value}`).join(" ")}`;
  if (verdict.outcome === "FAIL") return { ...verdict, line: `${line} database=${folder}` };
  rmSync(folder, { recursive: true, force: true });
  return { ...verdict, line };
}
