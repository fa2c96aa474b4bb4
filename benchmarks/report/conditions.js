/** Under which conditions a run was made: what somebody needs who compares it with another. */
import { execFileSync } from "node:child_process";
import { cpus, release } from "node:os";

export function conditions(command) {
  const cores = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cores[0]?.model.trim() || "unknown",
    cores: cores.length,
    kernel: release(),
    commit: commit(),
    command,
  };
}

/** Says when the sources were not those of the commit. The results are written by the run itself and do not count. */
function commit() {
  const root = new URL("../..", import.meta.url);
  try {
    const git = (...args) =>
      execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const hash = git("rev-parse", "--short=12", "HEAD");
    const changes = git("status", "--porcelain", "--", ".", ":!benchmarks/results");
    return changes === "" ? hash : `${hash} with changes`;
  } catch {
    return "unknown";
  }
}
