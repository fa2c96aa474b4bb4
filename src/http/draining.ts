/** A server that is about to stop takes requests as ever, and each is the last of its connection. */
import type { Server } from "node:http";

const draining = new WeakSet<Server>();

/**
 * From now on connections come to an end by themselves, each with its next answer. A proxy that keeps them has none left
 * to send into when they are closed: of a POST that was sent into one it could not know what has become.
 */
export function drain(server: Server): void {
  draining.add(server);
}

/** Whether a connection may bring another request. */
export function takesMore(server: Server): boolean {
  return server.listening && !draining.has(server);
}
