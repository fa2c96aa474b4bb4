/** Does to the processes what the seed says: kills, stops, freezes and cuts, one after another and all at once. */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../support/random.js";
import type { TortureDatabase } from "./database.js";
import type { Act, Acts, DatabaseAct, Torture, WorkerAct } from "./history.js";
import type { TortureProcess } from "./process.js";

export interface ConductorOptions {
  readonly processes: readonly TortureProcess[];
  readonly random: Random;
  readonly acts: Acts;
  readonly what: Torture;
  /** Of each process. */
  readonly workers: number;
  readonly isOver: () => boolean;
  /** Resolves when so many more messages are under way. */
  readonly sent: (more: number) => Promise<void>;
  /** Called again and again while all processes run, and nothing is done to them until it resolves. */
  readonly listen: () => Promise<void>;
  /** How often it is called, in acts. */
  readonly listenEvery: number;
}

const MESSAGES_MAX = 40;
/** With all but one frozen, little is sent. */
const PATIENCE_MS = 1000;
const FREEZE_MS_MAX = 1500;
const DOWN_MS_MAX = 200;
/** In which a roll that is killed in the middle is killed. */
const ROLL_MS_MAX = 1500;
/** Sends must come through between two acts, and processes be ready to be listened to. */
const PEACE_MS_MIN = 500;
const PEACE_MS_MAX = 3000;
const LONG_DOWN_MS_MAX = 2000;

type Card = Exclude<Act, "killStarting"> | WorkerAct;

const KILLS: readonly Card[] = ["kill", "kill", "kill", "killAll"];

/** Drawn until none is left, so that no short run lacks one by chance. */
const CARDS: Readonly<Record<Torture, readonly Card[]>> = {
  all: [...KILLS, "kill", "kill", "kill", "stop", "stop", "freeze", "freeze", "cut"],
  kill: KILLS,
  none: [],
};

/** Beside them, where processes have workers. */
const WORKER_CARDS: Readonly<Record<Torture, readonly Card[]>> = {
  all: ["killWorker", "killWorker", "killWorker", "roll"],
  kill: ["killWorker", "killWorker"],
  none: [],
};

/** Resolves when the time is over and all processes run again. */
export async function conduct(options: ConductorOptions): Promise<void> {
  const { processes, random, acts } = options;
  const deck: Card[] = [];
  const downMs = () => random.whole(0, DOWN_MS_MAX);
  const kill = (one: TortureProcess) => one.kill(downMs());
  const all: Readonly<Record<Card, (one: TortureProcess) => void>> = {
    kill,
    stop: (one) => one.stop(downMs(), random.oneIn(3) ? random.whole(0, 60) : null),
    freeze: (one) => one.freeze(random.whole(50, FREEZE_MS_MAX), random.oneIn(3), downMs()),
    killWorker(one) {
      // Where the last one that was killed has not been replaced yet, another time.
      if (one.killWorker()) acts.killWorker = (acts.killWorker ?? 0) + 1;
      else deck.push("killWorker");
    },
    roll(one) {
      acts.roll = (acts.roll ?? 0) + 1;
      one.roll(random.oneIn(4) ? random.whole(0, ROLL_MS_MAX) : null, downMs());
    },
    cut(one) {
      acts.cut += 1;
      one.hop.cut();
    },
    killAll() {
      // With nobody left, the next one to start finds the log as the dead have left it.
      acts.killAll += 1;
      for (const each of processes) if (!each.isBusy) kill(each);
    },
  };
  for (let act = 1; !options.isOver(); act++) {
    const messages = random.whole(1, MESSAGES_MAX);
    // With nobody there, nothing is sent that a kill could hit: only `killAll` leaves none.
    while (idleOf(processes).length < Math.min(2, processes.length)) await Promise.race(busyOf(processes));
    await Promise.race([options.sent(messages), pause(PATIENCE_MS)]);
    // No wait for anything: where in the life of its sends a process is hit must be as random as it can be.
    await pause(random.whole(0, 6));
    const idle = idleOf(processes);
    const one = idle[random.whole(0, idle.length - 1)];
    if (!one) continue;
    if (deck.length === 0)
      deck.push(...CARDS[options.what], ...(options.workers > 1 ? WORKER_CARDS[options.what] : []));
    const [card] = deck.splice(random.whole(0, deck.length - 1), 1);
    if (card) all[card](one);
    if (act % options.listenEvery !== 0) continue;
    await Promise.all(processes.map((each) => each.ready()));
    await options.listen();
  }
  await Promise.all(processes.map((each) => each.ready()));
}

export interface DatabaseConductorOptions {
  readonly database: TortureDatabase;
  /** What of its acts is done. */
  readonly onlyActs: readonly DatabaseAct[];
  readonly random: Random;
  readonly acts: Acts;
  readonly isOver: () => boolean;
  readonly onTrouble: (text: string) => void;
}

/** Beside what is done to the processes, so that they are also killed, and started, while the database is away. */
export async function conductDatabase(options: DatabaseConductorOptions): Promise<void> {
  const { database, random, acts } = options;
  const deck: DatabaseAct[] = [];
  while (!options.isOver() && options.onlyActs.length > 0) {
    await pause(random.whole(PEACE_MS_MIN, PEACE_MS_MAX));
    if (deck.length === 0) deck.push(...options.onlyActs);
    const [act = "terminate"] = deck.splice(random.whole(0, deck.length - 1), 1);
    // Mostly as short as a restart by hand; now and then so long that whoever tries again does so less often.
    const downMs = random.whole(0, random.oneIn(4) ? LONG_DOWN_MS_MAX : DOWN_MS_MAX);
    const isDone = await database.strike(act, downMs).catch((error: unknown) => {
      options.onTrouble(`the database could not be struck: ${String(error)}`);
      return false;
    });
    if (isDone) acts[act] = (acts[act] ?? 0) + 1;
  }
}

function idleOf(processes: readonly TortureProcess[]): readonly TortureProcess[] {
  return processes.filter(({ isBusy }) => !isBusy);
}

function busyOf(processes: readonly TortureProcess[]): readonly Promise<void>[] {
  return processes.filter(({ isBusy }) => isBusy).map((each) => each.ready());
}
