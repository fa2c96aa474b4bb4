/** The program with several workers: it starts them, passes signals on, and shows the figures of all. */
import cluster from "node:cluster";
import { isatty } from "node:tty";
import type { Logger } from "pino";
import type { Config } from "./config.js";
import { MemoryRates } from "./http/rates.js";
import { metricsOfWorkers } from "./metrics-of-workers.js";
import { serveMetrics } from "./metrics-port.js";
import { sumParked } from "./primary-parked.js";
import { answerRates } from "./primary-rates.js";
import { type Listening, startWorkers } from "./workers.js";

/** A worker's own graceful stop takes 10 s at most. */
const STOP_MS = 12_000;

/**
 * Resolves when all workers listen; rejects with what keeps the first from it. SIGTERM and SIGINT stop all gracefully and end this
 * process, SIGHUP replaces them one by one. When this process is killed, node ends the workers, as they lose their channel to it.
 */
export async function runPrimary(config: Config, logger: Logger): Promise<Listening> {
  // First: a start that fails must not have taken a message.
  if (config.metricsPort !== null) {
    const metrics = await serveMetrics(config.metricsPort, metricsOfWorkers());
    logger.info(`metrics are at ${metrics.url}`);
  }
  answerRates(cluster, new MemoryRates());
  sumParked(cluster);
  const workers = startWorkers({
    count: config.workers,
    stopMs: config.drainS * 1000 + STOP_MS,
    logger,
    end: (exitCode) => process.exit(exitCode),
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => workers.stop(signal));
  // At a terminal it says that the terminal is gone, which is to end the program.
  if (!isatty(1)) process.on("SIGHUP", () => workers.roll());
  return workers.listening;
}
