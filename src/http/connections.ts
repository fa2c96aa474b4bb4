/** How many connections a server takes, and what is said of those it does not. */
import type { Server } from "node:http";
import type { Logger } from "../core/logger.js";

/** For the database, its copies and the log. */
const FILES_KEPT = 300;
/** For requests that wait for nothing while all who may are parked. */
const CONNECTIONS_KEPT = 100;
/** Of either, where there are few files. */
const KEPT_PART = 1 / 10;
const SAY_MS = 60_000;

/** What the limit of open files leaves room for: 0 where there is none. */
export function connectionsMaxOf(openFilesMax: number): number {
  return Number.isFinite(openFilesMax) ? openFilesMax - keptOf(openFilesMax, FILES_KEPT) : 0;
}

/** Fewer are parked than there may be connections: whoever comes then is told when to come back, which takes one. */
export function parkedMaxOf(openFilesMax: number, wanted: number): number {
  if (!Number.isFinite(openFilesMax)) return wanted;
  const fitting = connectionsMaxOf(openFilesMax) - keptOf(openFilesMax, CONNECTIONS_KEPT);
  return wanted === 0 ? fitting : Math.min(wanted, fitting);
}

function keptOf(openFilesMax: number, keptMax: number): number {
  return Math.min(keptMax, Math.ceil(openFilesMax * KEPT_PART));
}

/** Of this process; node has raised it as far as it may. Infinity where there is none, or none is known. */
export function openFilesMax(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === "number" && soft > 0 ? soft : Number.POSITIVE_INFINITY;
}

/**
 * Without a limit of its own a server that has run out of files takes no connection and says nothing. Whoever is refused
 * is counted, and that is said at once and then once a minute: a line for each would be what they want.
 */
export function limitConnections(server: Server, connectionsMax: number, logger: Logger): void {
  if (connectionsMax === 0) return;
  server.maxConnections = connectionsMax;
  let refused = 0;
  let saying: NodeJS.Timeout | null = null;
  const say = () => {
    saying = null;
    if (refused === 0) return;
    logger.warn(
      { refused, connectionsMax },
      "connections were refused: as many are open as the open-file limit allows",
    );
    refused = 0;
    saying = setTimeout(say, SAY_MS).unref();
  };
  server.on("drop", () => {
    refused += 1;
    if (saying === null) say();
  });
}
