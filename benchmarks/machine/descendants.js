/** Ends every process that this one has started, and those that they started: nginx has workers. */
import { readdirSync, readFileSync } from "node:fs";

const PATIENCE_MS = 2000;

/** Asks first; who is still there after two seconds is killed. */
export async function endDescendants() {
  const all = descendantsOf(process.pid);
  signal(all, "SIGTERM");
  const until = performance.now() + PATIENCE_MS;
  while (all.some(isAlive) && performance.now() < until) await new Promise((done) => setTimeout(done, 50));
  signal(all.filter(isAlive), "SIGKILL");
}

function descendantsOf(pid) {
  const parents = parentsOfAll();
  const found = new Set([pid]);
  // Grown until nothing is added: a child may have a lower number than its parent.
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child);
  }
  found.delete(pid);
  return [...found];
}

function parentsOfAll() {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // "12 (a name) S 11 ...": the name may hold anything, brackets too.
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      return [[Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])]];
    } catch {
      return [];
    }
  });
}

function signal(pids, name) {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
