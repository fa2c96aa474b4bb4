/** What a request comes on, and whether another has come behind it there: answers go out in the order of requests. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** What a request comes on and is answered on alone: its socket, or its stream where HTTP/2 has many on one. */
export type Connection = Duplex;

export function connectionOf(req: IncomingMessage): Connection {
  return (req as { readonly stream?: Duplex }).stream ?? req.socket;
}

/** On a request its number, on a connection that of its newest request: to keep the request itself would keep all it holds. */
const NUMBER = Symbol("number");

interface Numbered {
  [NUMBER]?: number;
}

/** False for a request that was known before. */
export function arrive(req: IncomingMessage & Numbered): boolean {
  if (req[NUMBER] !== undefined) return false;
  const connection: Connection & Numbered = connectionOf(req);
  connection[NUMBER] = (connection[NUMBER] ?? 0) + 1;
  req[NUMBER] = connection[NUMBER];
  return true;
}

/** Whether another request waits for the answer to this one. */
export function isFollowed(req: IncomingMessage & Numbered): boolean {
  const connection: Connection & Numbered = connectionOf(req);
  return req[NUMBER] !== undefined && req[NUMBER] !== connection[NUMBER];
}
