/** Does to the processes what the seed says: kills, stops, freezes and cuts, one after another and all at once. */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../support/random.js";
import type { Act } from "./history.js";
import type { TortureProcess } from "./process.js";

export interface ConductorOptions {
  readonly processes: readonly TortureProcess[];
  readonly random: Random;
  readonly acts: Record<Act, number>;
  readonly isKillsOnly: boolean;
  /** In the clock of `performance.now()`. */
  readonly endAt: number;
  /** Called again and again while all processes run, and nothing is done to them until it resolves. */
  readonly listen: () => Promise<void>;
  /** How often it is called, in acts. */
  readonly listenEvery: number;
}

const GAP_MS_MAX = 500;
const FREEZE_MS_MAX = 1500;
const DOWN_MS_MAX = 200;

/** Resolves when the time is over and all processes run again. */
export async function conduct(options: ConductorOptions): Promise<void> {
  const { processes, random, acts, endAt } = options;
  const downMs = () => random.whole(0, DOWN_MS_MAX);
  const kill = (one: TortureProcess) => one.kill(downMs());
  const all: Readonly<Record<string, (one: TortureProcess) => void>> = {
    kill,
    stop: (one) => one.stop(downMs(), random.oneIn(3) ? random.whole(0, 60) : null),
    freeze: (one) => one.freeze(random.whole(50, FREEZE_MS_MAX), random.oneIn(3), downMs()),
    cut(one) {
      acts.cut += 1;
      one.hop.cut();
    },
  };
  const names = options.isKillsOnly ? ["kill"] : ["kill", "kill", "kill", "kill", "stop", "freeze", "cut"];

  for (let act = 1; performance.now() < endAt; act++) {
    // No wait for anything: where in the life of its sends a process is hit must be as random as it can be.
    await pause(random.whole(0, GAP_MS_MAX));
    const idle = processes.filter(({ isBusy }) => !isBusy);
    const one = idle[random.whole(0, idle.length - 1)];
    if (idle.length === processes.length && random.oneIn(6)) {
      // With nobody left, the next one to start finds the log as the dead have left it.
      acts.killAll += 1;
      for (const each of idle) kill(each);
    } else if (one) all[names[random.whole(0, names.length - 1)] ?? "kill"]?.(one);
    if (act % options.listenEvery !== 0) continue;
    await Promise.all(processes.map((each) => each.ready()));
    await options.listen();
  }
  await Promise.all(processes.map((each) => each.ready()));
}
