/** How a client speaks with each kind of server. */
import { faye } from "./faye.js";
import { nchan } from "./nchan.js";
import { poll } from "./poll.js";
import { socketio } from "./socketio.js";
import { sockjs } from "./sockjs.js";

/**
 * @typedef {{ request: string, parks: boolean }} Step what a client writes next; `parks` when it then waits for messages
 *
 * @typedef {object} Protocol
 * @property {boolean} isShared are one room's answers the same bytes for every reader?
 * @property {(client: any) => Step} first
 * @property {(client: any, answer: any) => { texts: string[], since: unknown }} read throws for what should not be
 * @property {(client: any, since: unknown) => Step} next
 * @property {(room: string, text: string) => string} send
 * @property {(answer: any) => void} sent
 */

const PROTOCOLS = { poll, nchan, socketio, sockjs, faye };

/** @returns {Protocol} */
export function protocolOf(name, options) {
  if (!Object.hasOwn(PROTOCOLS, name)) throw new Error(`No protocol "${name}"`);
  return PROTOCOLS[name](options);
}
