/** The graceful stop: everybody who waits is answered, what was sent is stored, within ten seconds. */
import type { Server } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import type { Logger } from "pino";
import { drain } from "./drain.js";
import type { OpenChat } from "./open-chat.js";

const CLOSE_IDLE_MS = 100;
const CUT_MS = 8000;
const GIVE_UP_MS = 9800;
/** npm passes on a signal that the terminal has sent to the whole process group already: twice within moments. */
const SECOND_SIGNAL_MS = 2000;

/**
 * For `lingerMs` connections that are kept idle may bring one more request, which is answered `Connection: close`. node:http's own
 * `close` cuts them at once: a request that is on its way then is lost, and nobody knows whether a send has been taken.
 */
export type Stop = (why: string, exitCode: number, lingerMs?: number) => void;

/**
 * Listens for SIGTERM and SIGINT, and returns how to stop for another reason. Parked requests are answered with
 * `Connection: close`: without it, closing takes as long as kept connections live (63 s measured).
 */
export function stopper({
  server,
  chat,
  logger,
  atEnd = async () => {},
  drainMs = 0,
}: {
  server: Server;
  chat: OpenChat;
  logger: Logger;
  /** Called when nothing happens any more. */
  atEnd?: () => Promise<unknown>;
  /** So long SIGTERM drains first. */
  drainMs?: number;
}): Stop {
  let stoppingSince: number | null = null;
  let signalledSince: number | null = null;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    // Once more, when a request for an upgrade was put back.
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  const stop: Stop = (why, exitCode, lingerMs = 0) => {
    if (stoppingSince !== null) return;
    stoppingSince = performance.now();
    if (exitCode === 0) logger.info({ parked: chat.tail.parked }, `stopping: ${why}`);
    else logger.fatal(`stopping: ${why}`);
    setTimeout(() => process.exit(exitCode || 1), GIVE_UP_MS).unref();
    setTimeout(() => {
      server.closeAllConnections();
      // The server no longer knows those that have become WebSockets.
      for (const socket of sockets) socket.destroy();
    }, CUT_MS).unref();
    const closed = new Promise<void>((done) => {
      if (lingerMs > 0) NetServer.prototype.close.call(server, () => done());
      else server.close(() => done());
    });
    chat.stop();
    const idleFromMs = stoppingSince + lingerMs;
    const idle = setInterval(() => {
      if (performance.now() < idleFromMs) return;
      server.closeIdleConnections();
      // Node counts a connection that has not said anything yet as busy (8 s measured); browsers open such ones ahead.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, CLOSE_IDLE_MS);
    closed
      .then(() => chat.close())
      .then(atEnd)
      .catch((error: unknown) => {
        logger.error(
          { err: error },
          "the log could not be closed in order; what was acknowledged is on disk",
        );
      })
      .finally(() => {
        clearInterval(idle);
        process.exit(exitCode);
      });
  };

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      const isFirst = signalledSince === null;
      signalledSince ??= performance.now();
      // It may be stopping for another reason by the first one, as a worker does that another one replaces.
      const countedFrom = Math.max(signalledSince, stoppingSince ?? 0);
      const isSecond = performance.now() - countedFrom >= SECOND_SIGNAL_MS;
      if (stoppingSince !== null) {
        if (isSecond) process.exit(1);
      } else if (!isFirst) {
        if (isSecond) stop(signal, 0);
      } else if (signal === "SIGTERM" && drainMs > 0) {
        void drain({ server, chat, logger }, signal, drainMs).then(() => stop(signal, 0));
      } else stop(signal, 0); // Who stops it by hand does not wait.
    });
  }
  return stop;
}
