/** The public surface, nothing else. */
export { type Chat, createChat } from "./chat.js";
export type { Refusal, Stats, Transport } from "./core/counts.js";
export { type ErrorCode, ParkbenchError } from "./core/errors.js";
export type { Batch } from "./core/log.js";
export type { Logger } from "./core/logger.js";
export type { Author, Message, UserId } from "./core/message.js";
export type { Room } from "./core/room.js";
export type { User } from "./core/user.js";
export type { HostDraft } from "./host-send.js";
export type { Identity } from "./identity/identity.js";
export type { ChatOptions } from "./options.js";
