/** The public surface of `parkbench/client`, nothing else. */
export type { Message } from "./answer.js";
export { type Chat, connect } from "./connect.js";
export { ChatError } from "./errors.js";
export type { TransportName } from "./ladder.js";
export type { ConnectOptions } from "./options.js";
export type { SendOptions } from "./sends.js";
export type { User } from "./session.js";
