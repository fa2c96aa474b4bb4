/** How many requests of one connection are worked on at once: what pipelining may cost. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Connection, connectionOf } from "./order.js";

/**
 * One packet holds 1,000 requests for a page of history, which were all read within one turn: gigabytes. Browsers send the
 * next request when they have the answer; polls are let through by the parser lane, which answers the one before first.
 */
const PIPELINED_MAX = 4;

const openBy = new WeakMap<Connection, Set<ServerResponse>>();

/** Counts a request until it is answered. False, and the connection is cut, when there are too many before it. */
export function mayBegin(req: IncomingMessage, res: ServerResponse): boolean {
  const connection = connectionOf(req);
  const open = openBy.get(connection) ?? new Set();
  if (open.size >= PIPELINED_MAX) {
    connection.destroy();
    return false;
  }
  openBy.set(connection, open.add(res));
  res.once("close", () => open.delete(res));
  return true;
}

/** Of answers that are there and wait for one before them, a parked one maybe: the socket knows nothing of them yet. */
export function bytesBehind(connection: Connection): number {
  let bytes = 0;
  for (const res of openBy.get(connection) ?? []) if (res.socket === null) bytes += res.writableLength;
  return bytes;
}
