// Hostile and unlucky clients against the built server, in large numbers, with figures:
//   node scripts/hostile.js [--scale 0.1] [scene ...]
// Ends with 1 when a promise was broken. Needs Linux, and about 15,500 open files at full scale.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fanOut, restart } from "./hostile/restart.js";
import { SCENES } from "./hostile/scenes.js";
import { startServer } from "./hostile/server.js";

const scenes = { ...SCENES, restart, "fan-out": fanOut };
const { values, positionals } = parseArgs({
  options: { scale: { type: "string", default: "1" } },
  allowPositionals: true,
});
const scale = Number(values.scale);
const unknown = positionals.filter((name) => !Object.hasOwn(scenes, name));
if (unknown.length > 0 || !(scale > 0 && scale <= 1)) {
  console.error(`Scenes: ${Object.keys(scenes).join(", ")}. --scale is above 0, and 1 at most.`);
  process.exit(2);
}

let broken = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(scenes)) {
  console.log(`\n${name}`);
  const folder = mkdtempSync(join(tmpdir(), "parkbench-hostile-"));
  try {
    await scenes[name]({
      scale,
      folder,
      start: (options = {}) => startServer({ folder, ...options }),
      say: (line) => console.log(`  ${line}`),
    });
  } catch (error) {
    broken += 1;
    console.log(`  BROKEN: ${error.message}`);
  }
  rmSync(folder, { recursive: true, force: true });
}
process.exit(broken === 0 ? 0 : 1);
