/** The standalone program: config, chat, listen, graceful stop. */
import cluster from "node:cluster";
import { createServer, type Server } from "node:http";
import express from "express";
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";
import { type Config, ConfigError, readConfig } from "./config.js";
import { boundsOf } from "./core/limits.js";
import type { Store } from "./core/store.js";
import { connectionsMaxOf, limitConnections, openFilesMax, parkedMaxOf } from "./http/connections.js";
import { answerExpectations } from "./http/continue.js";
import { passAllHeaders } from "./http/head.js";
import { failRequest, notFound } from "./http/router.js";
import { setTimeouts } from "./http/timeouts.js";
import { cutUnread } from "./http/unread.js";
import { handUpgrades } from "./http/upgrade.js";
import { openFigures } from "./metrics.js";
import { serveMetrics } from "./metrics-port.js";
import { type OpenChat, openChat } from "./open-chat.js";
import { checkOptions } from "./options.js";
import { runPrimary } from "./primary.js";
import { PrimaryParked } from "./primary-parked.js";
import { PrimaryRates } from "./primary-rates.js";
import { keptSecret } from "./secret.js";
import { pruneSessions, SESSION_COOKIE, sessions } from "./session-store.js";
import { stopper } from "./stop.js";
import { isPostgres, openStore, pathOf } from "./store/open.js";
import { refuseMixture } from "./store/stale-wal.js";
import { hearPrimary, sayMistake, sendFigures } from "./worker.js";
import { LOST_CODE } from "./workers.js";

const WATCH_MS = 1000;
/**
 * Connections that have come and are not taken yet; the system's own limit (`somaxconn`, mostly 4096) is below. With node's
 * 511, of 10,000 clients that came back in 3 s half got through after 20 s and more, when their first packets were sent again.
 */
const BACKLOG = 65_535;
const LOG_BYTES_MAX = 262_144; // What waits for a disk to which the log goes and which is full.

await main().catch(async (error: unknown) => {
  const lines =
    error instanceof ConfigError ? error.mistakes : [error instanceof Error ? error.message : String(error)];
  // The primary says it: once, and at the start only.
  if (cluster.worker) await sayMistake(cluster.worker, lines.join("\n"));
  else process.stderr.write(`Parkbench cannot start:\n${lines.map((line) => `  ${line}\n`).join("")}`);
  process.exit(1);
});

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = makeLogger(config.logLevel);
  const onPostgres = isPostgres(config.databaseUrl);
  const path = onPostgres ? config.databaseUrl : pathOf(config.databaseUrl);
  if (!onPostgres) refuseMixture(path);
  const place = onPostgres ? "PostgreSQL" : path;
  if (cluster.isPrimary && config.workers > 1) {
    const { address, port } = await runPrimary(config, logger);
    say(
      logger,
      `Parkbench listens on ${urlOf(address, port)} with ${config.workers} workers and keeps its data in ${place}`,
    );
    return;
  }
  let lost: (error: Error) => void = () => {};
  const store = await openStore({
    url: path,
    listenUrl: config.databaseListenUrl ?? undefined,
    logger,
    onLost: (error) => lost(error),
    answerBytesMax: boundsOf(config.limits).answerBytesMax,
  });
  const secrets = config.sessionSecrets.length > 0 ? config.sessionSecrets : [keptSecret(`${path}.secret`)];
  const filesMax = openFilesMax();
  const chat = await openChat(
    checkOptions({
      database: path,
      secrets,
      sessionCookie: { name: SESSION_COOKIE, secrets },
      publicOrigins: config.publicOrigins,
      trustProxy: config.trustProxy,
      limits: { ...config.limits, parkedMax: parkedMaxOf(filesMax, config.limits.parkedMax) },
      keepDays: config.keepDays,
      keepMessages: config.keepMessages,
      logger,
    }),
    store,
    cluster.isWorker
      ? { rates: new PrimaryRates(process), parked: new PrimaryParked(process, config.workers) }
      : {},
  );

  const server = serve(chat, config, secrets);
  const figures = config.metricsPort === null ? null : openFigures(chat.stats);
  const { worker } = cluster;
  const atEnd = async () => worker && figures && (await sendFigures(worker, figures));
  const stop = stopper({ server, chat, logger, atEnd, drainMs: config.drainS * 1000 });
  lost = (error) => stop(error.message, cluster.isWorker ? LOST_CODE : 1);
  cutUnread(server);
  limitConnections(server, connectionsMaxOf(filesMax), logger);
  server.on("drop", () => {
    store.counts.droppedConnections += 1;
  });
  watchStorage(store);
  const stopPruning = pruneSessions(chat.store.sessions, logger);
  server.once("close", stopPruning);
  process.on("uncaughtException", (error) => {
    // After an unknown state nothing more is promised to anybody: what is flushed is safe, the rest is not taken.
    logger.fatal({ err: error }, "an error that nothing caught; the server ends");
    process.exit(1);
  });
  await chat.fastLane.open(server);
  // First: a start that fails must not have taken a message.
  if (config.metricsPort !== null && figures && !worker) {
    const metrics = await serveMetrics(config.metricsPort, async () => figures.registry);
    server.once("close", metrics.close);
    logger.info(`metrics are at ${metrics.url}`);
  }
  await listen(server, config);
  // SIGHUP is for the primary, and some send it to all. Who is alone has nobody to take over: a reload is a restart then.
  if (worker) process.on("SIGHUP", () => {});
  else if (!process.stdout.isTTY) process.on("SIGHUP", () => stop("SIGHUP", 0));
  // Of several workers, the primary speaks when all are there.
  if (worker)
    hearPrimary(worker, { leave: (lingerMs) => stop("another takes its place", 0, lingerMs), figures });
  else say(logger, `Parkbench listens on ${addressOf(server)} and keeps its data in ${place}`);
}

function serve(chat: OpenChat, config: Config, secrets: readonly string[]): Server {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("trust proxy", config.trustProxy);
  app.use(sessions(chat.sessions, secrets));
  app.use(chat.router);
  app.use((_req, _res, next) => next(notFound()));
  app.use((error: unknown, req: express.Request, res: express.Response, _next: express.NextFunction) => {
    failRequest(req, res, error, chat.pages, chat.logger);
  });
  const server = createServer(
    { connectionsCheckingInterval: 2000, keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true },
    (req, res) => {
      if (!server.listening) res.setHeader("Connection", "close");
      if (!chat.fastLane.handle(req, res)) app(req, res);
    },
  );
  setTimeouts(server);
  passAllHeaders(server);
  answerExpectations(server);
  handUpgrades(server, "/ws");
  return server;
}

/** A database that is deleted or replaced under an idle server is found within a second, too, and told by `onLost`. */
function watchStorage(store: Store): void {
  setInterval(() => store.look(), WATCH_MS).unref();
}

function listen(server: Server, { port, host }: Config): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => fail(new Error(listenMistake(error, port, host))));
    server.listen({ port, host, backlog: BACKLOG }, done);
  });
}

function listenMistake({ code, message }: NodeJS.ErrnoException, port: number, host: string): string {
  if (code === "EADDRINUSE")
    return `Port ${port} on ${host} is taken. Stop the program that has it, or set PORT to another.`;
  if (code === "EACCES")
    return `Port ${port} needs rights that this user has not. Set PORT to 1024 or higher.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `HOST "${host}" is not an address of this machine.`;
  return message;
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") return String(address);
  return urlOf(address.address, address.port);
}

function urlOf(address: string, port: number): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function makeLogger(level: string): Logger {
  const base = cluster.isWorker ? { worker: process.pid } : null;
  const options = { level, base, redact: ["req.headers.cookie"] };
  if (process.stdout.isTTY) return pino(options, pretty({ sync: true, ignore: "pid,hostname" }));
  const out = pino.destination({ sync: true, maxLength: LOG_BYTES_MAX });
  // Thrown where something is being logged, it would keep a request from its answer, and end a primary.
  out.on("error", () => {});
  // Nothing but writing: what pino flushes by after a fatal line tries for ever.
  return pino(options, { write: (line) => void out.write(line) });
}

/** Said whatever the log level: a person who starts a program must see where it is. */
function say(logger: Logger, line: string): void {
  if (logger.isLevelEnabled("info")) logger.info(line);
  else process.stdout.write(`${line}\n`);
}
