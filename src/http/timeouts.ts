/** How long a server lets connections, requests and parks live. */
import type { Server } from "node:http";

/** Node's default of 5 s for kept connections makes proxies drop requests (measured); this is longer than their 60. */
export const KEEP_ALIVE_MS = 75_000;

/**
 * `requestTimeout` counts receiving only, so it does not end a parked poll; `timeout` would (both measured). How soon a slow
 * one is found is a server's `connectionsCheckingInterval`, which only `createServer` can set. No `maxRequestsPerSocket`:
 * behind a proxy one connection carries everybody's polls, and of those that are on their way when it is reached the rest
 * gets 503 (measured).
 */
export function setTimeouts(server: Server): void {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  server.timeout = 0;
}
