/** How many requests of one connection are worked on at once: what pipelining may cost. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * One packet holds 1,000 requests for a page of history, which were all read within one turn: gigabytes. Browsers send the
 * next request when they have the answer; polls are let through by the parser lane, which answers the one before first.
 */
const PIPELINED_MAX = 4;

const openBy = new WeakMap<Socket, number>();

/** Counts a request until it is answered. False, and the connection is cut, when there are too many before it. */
export function mayBegin({ socket }: IncomingMessage, res: ServerResponse): boolean {
  const open = (openBy.get(socket) ?? 0) + 1;
  if (open > PIPELINED_MAX) {
    socket.destroy();
    return false;
  }
  openBy.set(socket, open);
  res.once("close", () => openBy.set(socket, (openBy.get(socket) ?? 1) - 1));
  return true;
}
