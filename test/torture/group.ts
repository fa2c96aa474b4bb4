/** The processes of one server: itself, and the workers that it has started, which are one process group. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { childrenOf, isGone } from "../support/process-group.js";

const LOOK_MS = 20;
/** Workers stop when the one that started them is gone, and may have requests to finish. */
const GONE_MS_MAX = 15_000;
/** One worker after the other is started, and the old ones have people that wait there. */
const ROLLED_MS_MAX = 60_000;

export class Group {
  readonly #child: ChildProcess;
  readonly #workers: number;

  /** With more than one worker the child must be the leader of a process group. */
  constructor(child: ChildProcess, workers: number) {
    this.#child = child;
    this.#workers = workers;
  }

  /** To all of them at once. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (this.#workers === 1 || pid === undefined) this.#child.kill(signal);
    else if (!isGone(-pid)) process.kill(-pid, signal);
  }

  /** All that there are: fewer than there should be while one is replaced, more while they are rolled over. */
  workers(): readonly number[] {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null ? [] : childrenOf(pid);
  }

  /** Resolves when none is left that holds the port or the database; rejects when one stays. */
  async gone(): Promise<void> {
    const { pid } = this.#child;
    if (this.#workers === 1 || pid === undefined) return;
    await this.#until(() => isGone(-pid), GONE_MS_MAX, "a worker outlived the process that had started it");
  }

  /** Resolves when there are as many as there should be, and none of the old ones, or it has been given up. */
  async rolled(old: readonly number[], isGivenUp: () => boolean): Promise<void> {
    const isRolled = () => {
      if (isGivenUp()) return true;
      const now = this.workers();
      return now.length === this.#workers && !now.some((pid) => old.includes(pid));
    };
    await this.#until(isRolled, ROLLED_MS_MAX, "the workers were not rolled over");
  }

  async #until(isSo: () => boolean, msMax: number, what: string): Promise<void> {
    const until = performance.now() + msMax;
    for (; !isSo(); await pause(LOOK_MS)) if (performance.now() > until) throw new Error(what);
  }
}
