/** Which core the server gets and which the load, so that neither waits for the other. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const allowed = allowedCores();
const canPin = spawnSync("taskset", ["-V"], { stdio: "ignore" }).status === 0;
const apart = allowed.length > 1 && canPin;

/** Both undefined where there is one core only, or nothing to pin with. */
export const SERVER_CORE = apart ? allowed[0] : undefined;
export const LOAD_CORE = apart ? allowed[1] : undefined;

/** With two cores, a server that is to have more than one must take the load's as well. */
export const isLoadCoreShared = allowed.length < 3 || !canPin;
/** For a server of several workers: all cores but the load's, if there is more than one of those. */
export const SERVER_CORES = apart
  ? allowed.filter((core) => isLoadCoreShared || core !== LOAD_CORE).join(",")
  : undefined;

/** Null, or why the figures of this machine say less. */
export const CORES_NOTE = apart
  ? null
  : canPin
    ? "One core only: server and load take turns on it, so times (not CPU) are too long."
    : "No taskset here (package util-linux): server and load may share a core, and times vary more.";

/**
 * The command that runs `command` on one core, or on a list of them.
 * @param {string | undefined} core
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {[string, string[]]}
 */
export function pinned(core, command, args) {
  return core === undefined ? [command, [...args]] : ["taskset", ["-c", core, command, ...args]];
}

/** Moves this process, with all its threads, to a core: the one that drives must not disturb the server either. */
export function pinSelf(core) {
  if (core !== undefined)
    spawnSync("taskset", ["-a", "-c", "-p", core, String(process.pid)], { stdio: "ignore" });
}

/** From the kernel, as a container may have been given others than 0 and 1. */
function allowedCores() {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
    return list.split(",").flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
    });
  } catch {
    return ["0"];
  }
}
