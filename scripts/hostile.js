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
const USAGE = `node scripts/hostile.js [--scale S] [scene ...]
  Scenes: ${Object.keys(scenes).join(", ")}; without any, all of them.
  --scale S  how many of the clients, above 0, and 1 (all of them) at most; 1 unless given
  Needs the built server (npm run build). Ends with 1 when a promise was broken.`;

const { values, positionals } = asked();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const scale = Number(values.scale);
const unknown = positionals.filter((name) => !Object.hasOwn(scenes, name));
if (unknown.length > 0) refuse(`There is no scene "${unknown[0]}".`);
if (!(scale > 0 && scale <= 1)) refuse(`--scale cannot be "${values.scale}".`);

function asked() {
  const options = { scale: { type: "string", default: "1" }, help: { type: "boolean", short: "h" } };
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(mistake) {
  console.error(`${mistake}\n${USAGE}`);
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
