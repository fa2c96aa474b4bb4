/** The processes that answer, as the one that started them sees them: started, replaced when they die, rolled over one by one. */
import cluster, { type Worker } from "node:cluster";
import type { Logger } from "pino";

/** A worker that dies as soon as it has started is not started again at once, for ever. */
const AGAIN_MS_MIN = 100;
const AGAIN_MS_MAX = 10_000;
/** It has run for as long as this: what killed it is not its start. */
const STEADY_MS = 10_000;
/** A worker ends with it when its database is not the file at its path any more: a new one would begin an empty chat there. */
export const LOST_CODE = 66;

/** Where the workers listen: all of them at one address. */
export interface Listening {
  readonly address: string;
  readonly port: number;
}

export interface WorkersOptions {
  readonly count: number;
  /** A worker that was asked to stop and has not ended after so long is killed. */
  readonly stopMs: number;
  readonly logger: Logger;
  /** Called once, when all have ended and none is to be started again. */
  readonly end: (exitCode: number) => void;
}

export interface Workers {
  /** Resolves when all of them listen; rejects with what the first one says that cannot. */
  readonly listening: Promise<Listening>;
  /** Replaces one after the other, each only when its successor listens. One that cannot start ends it: the old ones go on. */
  roll(): void;
  /** Passes the signal on. What a second one means is the worker's to say, as it would say it alone. */
  stop(signal: NodeJS.Signals): void;
}

/**
 * Each worker takes connections from the one listening socket by itself (SCHED_NONE). With node's own way (SCHED_RR) the
 * primary takes them and hands them on, and one that was on its way to a worker that dies is neither answered nor closed,
 * for ever. The price is an uneven spread: 10,000 connections at once came to 5,549 and 4,451 at two workers, 3,400 to 1,779 at
 * four, and a trickle to four idle ones 243, 202, 130 and 25 (measured once; SCHED_RR is even to within a few). `reusePort` is
 * in no Node 20, and there a worker that goes takes with it what waits for it alone.
 */
export function startWorkers({ count, stopMs, logger, end }: WorkersOptions): Workers {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const workers = new Set<Worker>();
  const serving = new Set<Worker>();
  /** Those that were asked to go. */
  const leaving = new WeakSet<Worker>();
  let exitCode: number | null = null;
  let againMs = AGAIN_MS_MIN;
  let due: NodeJS.Timeout | undefined;

  const listening = startAll();
  let rolling: Promise<void> = listening.then(
    () => {},
    () => {},
  );
  return {
    listening,
    roll() {
      rolling = rolling
        .then(roll)
        .catch((error: Error) => {
          if (exitCode === null)
            logger.error(`the old workers go on, as a new one cannot start: ${error.message}`);
        })
        // One may have died while there was one more than the rest, and none was lacking.
        .then(again);
    },
    stop: (signal) => stop(signal, signal, 0),
  };

  /** The first alone: it makes the database and the secret that the others find. */
  async function startAll(): Promise<Listening> {
    const where = await start();
    await Promise.all(Array.from({ length: count - 1 }, start));
    return where;
  }

  function start(): Promise<Listening> {
    const worker = cluster.fork();
    const startedAt = performance.now();
    workers.add(worker);
    return new Promise((resolve, reject) => {
      let mistake: string | null = null;
      worker.on("message", (message) => {
        mistake = mistakeIn(message) ?? mistake;
      });
      worker.once("listening", ({ address, port }) => {
        serving.add(worker);
        resolve({ address, port });
      });
      // Sending to one that is gone is no reason to go as well: "exit" tells of its end.
      worker.on("error", () => {});
      worker.once("exit", (code, signal) => {
        const why: unknown = signal ?? code;
        const hasServed = serving.delete(worker);
        workers.delete(worker);
        if (exitCode !== null) endWith(hasServed && why !== 0 ? 1 : exitCode);
        else if (!hasServed) reject(new Error(mistake ?? `A worker ended with ${why} before it listened.`));
        else if (code === LOST_CODE) stop("the database is lost", "SIGTERM", 1);
        else if (!leaving.has(worker)) replace(worker, why, startedAt);
      });
    });
  }

  /** When the last has ended. */
  function endWith(code: number): void {
    exitCode = code;
    if (workers.size === 0) end(code);
  }

  function replace(worker: Worker, why: unknown, startedAt: number): void {
    const isSteady = performance.now() - startedAt >= STEADY_MS;
    againMs = isSteady ? AGAIN_MS_MIN : Math.min(againMs * 2, AGAIN_MS_MAX);
    logger.error({ worker: worker.process.pid, againMs }, `a worker ended with ${why}; it is replaced`);
    again();
  }

  /** Starts those that are lacking then: a roll may have put others in their place. */
  function again(): void {
    clearTimeout(due);
    due = setTimeout(() => {
      if (exitCode !== null) return;
      const staying = [...workers].filter((worker) => !leaving.has(worker)).length;
      for (let lacking = count - staying; lacking > 0; lacking--) start().catch(startLater);
    }, againMs);
  }

  function startLater(error: Error): void {
    if (exitCode !== null) return;
    againMs = Math.min(againMs * 2, AGAIN_MS_MAX);
    logger.error({ againMs }, `a worker cannot be replaced yet: ${error.message}`);
    again();
  }

  async function roll(): Promise<void> {
    logger.info({ workers: workers.size }, "replacing the workers one by one");
    for (const old of [...serving]) {
      if (exitCode !== null) return;
      // It has died meanwhile, and has its successor.
      if (!serving.has(old)) continue;
      await start();
      await leave(old);
    }
    logger.info({ workers: workers.size }, "all workers are new");
  }

  /** Resolves when it has ended. */
  function leave(worker: Worker): Promise<void> {
    if (worker.isDead()) return Promise.resolve();
    leaving.add(worker);
    return new Promise((resolve) => {
      worker.once("exit", () => resolve());
      // Not SIGTERM: others take the requests from now on, so that it may be gentler.
      worker.send({ parkbench: "leave" });
      killLate(worker);
    });
  }

  function stop(why: string, signal: NodeJS.Signals, code: number): void {
    if (exitCode === null) logger.info({ workers: workers.size }, `stopping: ${why}`);
    exitCode ??= code;
    for (const worker of workers) {
      worker.kill(signal);
      killLate(worker);
    }
    endWith(exitCode);
  }

  function killLate(worker: Worker): void {
    setTimeout(() => !worker.isDead() && worker.kill("SIGKILL"), stopMs).unref();
  }
}

function mistakeIn(message: unknown): string | null {
  const { parkbench, text } = (message ?? {}) as { parkbench?: unknown; text?: unknown };
  return parkbench === "mistake" && typeof text === "string" ? text : null;
}
