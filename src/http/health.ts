/** /healthz and /readyz: is the process alive, and can it take requests now. */
import { ParkbenchError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { Store } from "../core/store.js";
import type { Tail } from "../core/tail.js";
import { writeJson } from "./answer.js";
import { problemOf, writeProblem } from "./errors.js";
import { refuseMethod } from "./methods.js";
import type { Handler } from "./poll.js";
import { refuseTwoHosts } from "./request.js";

export interface HealthParts {
  readonly check: Store["check"];
  readonly tail: Tail;
  readonly logger: Logger;
}

export interface HealthHandlers {
  readonly alive: Handler;
  readonly ready: Handler;
  /** From now on nobody is to be sent here, though whoever comes is served. */
  leave(): void;
}

/** A check is a flushed write: a flood of probes must not become a flood of those. */
const BELIEVED_MS = 1000;

export function healthHandlers(parts: HealthParts): HealthHandlers {
  const { tail, logger } = parts;
  let verdict = Promise.resolve();
  let untilMs = 0;
  let isLeaving = false;
  const leave = () => {
    isLeaving = true;
  };
  return { alive: probe(async () => "ok"), ready: probe(ready), leave };

  function probe(ask: () => Promise<string>): Handler {
    return (req, res) => {
      if (refuseMethod(req, res, ["GET", "HEAD"], logger)) return;
      const answer = async () => {
        refuseTwoHosts(req);
        writeJson(res, 200, { status: await ask() });
      };
      answer().catch((error: unknown) => writeProblem(req, res, problemOf(error, logger)));
    };
  }

  /** Whether this server stays, and the database can be read and written: what a balancer asks before it sends anybody here. */
  async function ready(): Promise<string> {
    if (isLeaving || tail.isClosed)
      throw new ParkbenchError("closed", "The server is stopping. Ask another, or try again in a moment.");
    const nowMs = performance.now();
    if (nowMs >= untilMs) {
      // From the question on: whoever asks while it is being answered gets the same answer.
      untilMs = nowMs + BELIEVED_MS;
      verdict = parts.check();
    }
    await verdict;
    return "ready";
  }
}
