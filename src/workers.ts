/** The primary of several worker processes: starts them, replaces those that die, and rolls them over one by one. */
import cluster, { type Worker } from "node:cluster";
import type { Logger } from "pino";

/** A worker that dies as soon as it has started is not started again at once, for ever. */
const AGAIN_MS_MIN = 100;
const AGAIN_MS_MAX = 10_000;
/** It has run for as long as this: what killed it is not its start. */
const STEADY_MS = 10_000;
/** A worker ends with it when its database is not the file at its path any more: a new one would begin an empty chat there. */
export const LOST_CODE = 66;
/** A worker's own graceful stop takes 10 s at most. */
const STOP_MS = 12_000;
const SECOND_SIGNAL_MS = 2000;

/** Where the workers listen: on one port, from which the primary hands out connections. */
export interface Listening {
  readonly address: string;
  readonly port: number;
}

/**
 * Resolves when all of them listen; rejects when the first cannot start. SIGTERM and SIGINT stop all gracefully and end
 * this process; SIGHUP replaces one worker after the other, each only when its successor listens.
 */
export async function runWorkers(count: number, logger: Logger): Promise<Listening> {
  const workers = new Set<Worker>();
  let stoppingSince: number | null = null;
  let againMs = AGAIN_MS_MIN;
  let rolling: Promise<void> = Promise.resolve();

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stoppingSince === null) void stop(signal);
      // npm passes on a signal that the terminal has sent to the whole process group already.
      else if (performance.now() - stoppingSince >= SECOND_SIGNAL_MS) process.exit(1);
    });
  }
  process.on("SIGHUP", () => {
    rolling = rolling.then(roll).catch((error: unknown) => {
      logger.error({ err: error }, "a new worker could not be started; the old ones go on");
    });
  });

  // The first alone: it makes the database and the secret that the others find.
  const where = await start();
  await Promise.all(Array.from({ length: count - 1 }, () => start()));
  return where;

  function start(): Promise<Listening> {
    const worker = cluster.fork();
    const startedAt = performance.now();
    workers.add(worker);
    return new Promise((resolve, reject) => {
      let isListening = false;
      worker.once("listening", ({ address, port }) => {
        isListening = true;
        resolve({ address, port });
      });
      worker.once("exit", (code, signal) => {
        workers.delete(worker);
        if (!isListening) reject(new Error(`A worker ended with ${signal ?? code} before it listened.`));
        else if (code === LOST_CODE && stoppingSince === null) void stop("the database is lost", 1);
        else if (stoppingSince === null && !leaving.has(worker)) replace(worker, signal ?? code, startedAt);
      });
    });
  }

  function replace(worker: Worker, why: string | number, startedAt: number): void {
    const isSteady = performance.now() - startedAt >= STEADY_MS;
    againMs = isSteady ? AGAIN_MS_MIN : Math.min(againMs * 2, AGAIN_MS_MAX);
    logger.error(
      { worker: worker.process.pid, again: againMs },
      `a worker ended with ${why}; it is replaced`,
    );
    setTimeout(() => {
      if (stoppingSince !== null) return;
      start().catch((error: unknown) => {
        logger.error({ err: error }, "a worker could not be replaced");
        if (stoppingSince === null) replace(worker, "a failed start", performance.now());
      });
    }, againMs);
  }

  async function roll(): Promise<void> {
    logger.info({ workers: workers.size }, "replacing the workers one by one");
    for (const old of [...workers]) {
      if (stoppingSince !== null) return;
      await start();
      await end(old);
    }
    logger.info({ workers: workers.size }, "all workers are new");
  }

  async function stop(why: string, exitCode = 0): Promise<void> {
    stoppingSince = performance.now();
    logger.info({ workers: workers.size }, `stopping: ${why}`);
    const codes = await Promise.all([...workers].map(end));
    process.exit(codes.every((code) => code === 0) ? exitCode : 1);
  }
}

/** Those that were asked to go. */
const leaving = new WeakSet<Worker>();

/** Resolves with how it ended. */
function end(worker: Worker): Promise<number | string> {
  leaving.add(worker);
  if (worker.isDead()) return Promise.resolve(worker.process.exitCode ?? "gone");
  return new Promise((resolve) => {
    const late = setTimeout(() => worker.process.kill("SIGKILL"), STOP_MS);
    worker.once("exit", (code, signal) => {
      clearTimeout(late);
      resolve(signal ?? code);
    });
    worker.process.kill("SIGTERM");
  });
}
