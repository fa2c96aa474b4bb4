/** Which rooms a moderator reaches, with their messages and the record of them: those that they may read, as the host says. */
import { ParkbenchError } from "../core/errors.js";
import type { MessageLog } from "../core/log.js";
import type { AuditEntry, RoomState } from "../core/moderation.js";
import type { User } from "../core/user.js";
import { noRoom, type ReadableRooms } from "./readable-rooms.js";

const ROOM_ACTS = ["close", "open", "slow"];

export class ModerationReach {
  readonly #rooms: ReadableRooms;
  readonly #log: MessageLog;

  constructor(rooms: ReadableRooms, log: MessageLog) {
    this.#rooms = rooms;
    this.#log = log;
  }

  /** Throws `no_room`, for a hidden room as for one that is not there. */
  async mustReachRoom(user: User, room: string): Promise<void> {
    if (this.#rooms.arePrivate && !(await this.#rooms.find(user, room))) throw noRoom(room);
  }

  /** Throws `no_message`, for one in a hidden room as for one that is not there. */
  async mustReachMessage(user: User, id: number): Promise<void> {
    if (!this.#rooms.arePrivate) return;
    const [message] = (await this.#log.since("all", id - 1, 1)).messages;
    if (message?.id === id && (await this.#rooms.find(user, message.room))) return;
    throw new ParkbenchError("no_message", `There is no message ${id}.`);
  }

  async roomsOf(user: User, rooms: readonly RoomState[]): Promise<readonly RoomState[]> {
    return this.#kept(user, rooms, ({ name }) => name);
  }

  async auditOf(user: User, entries: readonly AuditEntry[]): Promise<readonly AuditEntry[]> {
    return this.#kept(user, entries, roomIn);
  }

  async #kept<T>(user: User, all: readonly T[], roomOf: (each: T) => string | null): Promise<readonly T[]> {
    if (!this.#rooms.arePrivate) return all;
    const kept: T[] = [];
    for (const each of all) {
      const room = roomOf(each);
      if (room === null || (await this.#rooms.find(user, room))) kept.push(each);
    }
    return kept;
  }
}

/** Null: the entry is about people. */
function roomIn({ action, subject, detail }: AuditEntry): string | null {
  if (action === "remove") return /^in (.*?), by /.exec(detail)?.[1] ?? "";
  return ROOM_ACTS.includes(action) ? subject : null;
}
