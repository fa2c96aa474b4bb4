/** A restore or a backup that is killed, or loses its power, at any step: one whole database is there, old or new. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { epochOf, makeDatabase, read, test, textsIn } from "../support/copies.js";
import { compilePowerCut, preparePowerCut } from "../support/power-cut.js";
import { runProgram } from "../support/program.js";
import { tools } from "../support/tools.js";

/** Far above what there is, so that a run without an end is a failure and not a hang. */
const STEPS_MAX = 100;

const OLD = ["backed up", "later"];
const NEW = ["backed up"];

/**
 * Runs the program again and again, each time over a fresh copy of `from`, and kills it before its 1st, 2nd, ... flush
 * or change of a name, until it comes to its end. `look` sees what was left of the folder: as the killed process has
 * left it, and as a power cut at that moment would have.
 */
async function killAtEachStep(
  from: string,
  program: "backup" | "restore",
  look: (folder: string, how: string, isWhole: boolean) => void | Promise<void>,
): Promise<number> {
  const library = compilePowerCut(`${from}.steps`);
  for (let step = 1; step < STEPS_MAX; step++) {
    const folder = join(`${from}.steps`, `${step}`, "data");
    const aside = join(`${from}.steps`, `${step}`, "aside");
    mkdirSync(aside, { recursive: true });
    cpSync(from, folder, { recursive: true });
    const cut = preparePowerCut(folder, aside, library);
    cut.settle();
    const database = join(folder, "parkbench.db");
    const env = { ...cut.env, CUT_AT: String(step), DATABASE_URL: database };
    const { code, stderr } = await runProgram(program, [join(folder, "copy.db"), ...FLAGS[program]], env);
    expect([code, stderr]).toEqual([code === 0 ? 0 : "SIGKILL", ""]);
    cut.leave(join(aside, "left"));
    await look(join(aside, "left"), `power cut at step ${step}`, code === 0);
    await look(folder, `killed at step ${step}`, code === 0);
    rmSync(join(`${from}.steps`, `${step}`), { recursive: true });
    if (code === 0) return step - 1;
  }
  throw new Error(`It has more than ${STEPS_MAX} steps`);
}

const LEFT_OVER = /\.before-|\.restoring|-journal$/;

const FLAGS = { backup: ["--force"], restore: [] } as const;

describe.skipIf(!tools.cc)("guarantee 2", () => {
  test("a restore that ends at any step leaves the old log or the new one, and the next restore works", {
    timeout: 180_000,
  }, async ({ folder, copy, backUp, onTestFinished }) => {
    onTestFinished(() => rmSync(`${folder}.steps`, { recursive: true, force: true }));
    await makeDatabase(folder, OLD.slice(0, 1));
    await backUp(copy);
    await makeDatabase(folder, OLD.slice(1), "SIGKILL");
    const epoch = epochOf(copy);
    const seen = new Set<string>();
    const steps = await killAtEachStep(folder, "restore", async (left, how, isEnded) => {
      const database = join(left, "parkbench.db");
      // A copy for the looks: each of them would tidy up.
      const isOld = textsIn(database).length === OLD.length;
      expect(textsIn(database), how).toEqual(isOld ? OLD : NEW);
      expect(epochOf(database) === epoch, how).toBe(isOld);
      expect(read(database, "SELECT seq FROM sqlite_sequence WHERE name = 'messages'"), how).toEqual([2]);
      if (isEnded) expect(isOld, how).toBe(false);
      seen.add(isOld ? "old" : "new");
      // What it replaced is never lost.
      const kept = readdirSync(left).filter((name) => name.includes(".before-"));
      if (!isOld)
        expect(
          kept.map((name) => textsIn(join(left, name))),
          how,
        ).toEqual([OLD]);
      // Once more where something is left over.
      if (!how.startsWith("killed") || !isOld || !readdirSync(left).some((name) => LEFT_OVER.test(name)))
        return;
      const again = await runProgram("restore", [join(left, "copy.db")], { DATABASE_URL: database });
      expect([again.code, again.stderr], how).toEqual([0, ""]);
      expect(textsIn(database), how).toEqual(NEW);
      // A second name of the old database, given before the kill, is gone: not kept twice.
      if (isOld)
        expect(
          readdirSync(left).filter((name) => name.includes(".before-")),
          how,
        ).toHaveLength(1);
    });
    console.log(`${steps} steps`);
    expect(steps).toBeGreaterThan(10);
    expect([...seen].sort()).toEqual(["new", "old"]);
  });

  test("a backup that ends at any step leaves the copy that was there, or the new one", {
    timeout: 120_000,
  }, async ({ folder, copy, backUp, onTestFinished }) => {
    onTestFinished(() => rmSync(`${folder}.steps`, { recursive: true, force: true }));
    await makeDatabase(folder, OLD.slice(0, 1));
    await backUp(copy);
    await makeDatabase(folder, OLD.slice(1), "SIGKILL");
    const steps = await killAtEachStep(folder, "backup", (left, how, isEnded) => {
      const texts = textsIn(join(left, "copy.db"));
      expect(texts, how).toEqual(texts.length === 1 ? NEW : OLD);
      if (isEnded) expect(texts, how).toEqual(OLD);
      expect(textsIn(join(left, "parkbench.db")), how).toEqual(OLD);
      expect(existsSync(join(left, "copy.db-wal")), how).toBe(false);
    });
    console.log(`${steps} steps`);
    expect(steps).toBeGreaterThan(5);
  });
});
