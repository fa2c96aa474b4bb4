/** The processes that were started together, as a terminal would signal them. */
import { readdirSync, readFileSync } from "node:fs";

/** Whether no process of a group (its negative number) is alive. A dead one that nobody has reaped does not count. */
export function isGone(group: number): boolean {
  try {
    process.kill(group, 0);
  } catch {
    return true;
  }
  return process.platform === "linux" && !livingGroups().has(-group);
}

function livingGroups(): Set<number> {
  const groups = new Set<number>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // pid (name) state parent group ...; the name may hold anything.
      const [state, , group] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (state !== "Z" && state !== "X") groups.add(Number(group));
    } catch {
      // Gone while it was looked at.
    }
  }
  return groups;
}

/** The processes that one has started, on Linux. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}
