/** What a process has written to its log that it should not have, or only while its database was away. */
import type { TortureDatabase } from "./database.js";

/** A request, or a stop, that met with the database's end is told of a moment later; one that waited for it, when that is over. */
export const STRUCK_MS = 2000;
/** A connection that listens is made anew after a wait that doubles, and rows are found by a look at the log meanwhile. */
const DEAF_MS = 8000;

/** Nobody else kills a worker that has not been asked to go. */
const KILLED_WORKER = /^a worker .*ended with SIGKILL(; it is replaced| before it listened\.)$/;
const WITHOUT_DATABASE = /^a worker cannot be replaced yet|^the old workers go on/;

interface Line {
  readonly level?: number;
  readonly time?: number;
  readonly code?: string;
  readonly msg?: string;
}

/** One line each. */
export function* troublesIn(output: string, database: TortureDatabase): Generator<string> {
  for (const text of output.split("\n")) {
    const line = lineOf(text);
    const wasStruck = (afterMs: number) =>
      line.time !== undefined && database.wasStruck(line.time, line.time, afterMs);
    if ((line.level ?? 0) >= 50) {
      // It says to those who ask that they are to come back: that is what it should do.
      const isOfDatabase = line.msg === "a request failed" && line.code?.startsWith("storage_");
      const isOfWorkers = WITHOUT_DATABASE.test(line.msg ?? "");
      if (KILLED_WORKER.test(line.msg ?? "")) continue;
      if (!(isOfDatabase || isOfWorkers) || !wasStruck(STRUCK_MS))
        yield `logged an error: ${text.slice(0, 500)}`;
    }
    // Nobody waits too long for them, on a machine that has time: the safety re-read finds them within a second.
    if (line.msg?.includes("that no ring had told of") && !wasStruck(DEAF_MS))
      yield "found rows that no ring had told of";
  }
}

/** Nothing of a line that is none: a person's text, or one that was cut off by the end of who wrote it. */
function lineOf(text: string): Line {
  try {
    return text.startsWith("{") ? (JSON.parse(text) as Line) : {};
  } catch {
    return {};
  }
}
