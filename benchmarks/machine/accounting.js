/** What the operating system says that processes have used: CPU in nanoseconds, memory in bytes. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Ended processes and threads count as 0: the caller looks at differences while they live. */
export function cpuNsOf(pids) {
  let ns = 0;
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) {
      // The first figure of schedstat is the time on a core; `stat` counts in hundredths of a second only.
      ns += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ", 1)[0]);
    }
  }
  return ns;
}

export function rssBytesOf(pids) {
  return sumOf(pids, "VmRSS");
}

/** The highest since the start, or since `resetPeak`. */
export function rssPeakBytesOf(pids) {
  return sumOf(pids, "VmHWM");
}

/** 5 is the kernel's word for "begin the high-water mark anew". */
export function resetPeakOf(pids) {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** A process and all its descendants. */
export function treeOf(pid) {
  const children = threadsOf(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

/** How many files, and so sockets, one process may open; no limit is known where there is no /proc. */
export function openFilesMax() {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(read("/proc/self/limits"))?.[1];
  return line === undefined || line === "unlimited" ? Number.POSITIVE_INFINITY : Number(line);
}

/** Files a server opens besides its clients' sockets, with room to spare. */
const OTHER_FILES = 500;

/** How many clients one server can have here. */
export function clientsMax() {
  return openFilesMax() - OTHER_FILES;
}

function sumOf(pids, field) {
  const pattern = new RegExp(`^${field}:\\s+(\\d+) kB`, "m");
  return (
    pids.reduce((sum, pid) => sum + Number(pattern.exec(read(`/proc/${pid}/status`))?.[1] ?? 0), 0) * 1024
  );
}

function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function read(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
