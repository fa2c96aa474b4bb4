/** Where people talk: the partition of the log. */
import type { UserId } from "./message.js";

export interface Room {
  readonly name: string;
  readonly title: string;
  /** Closed to new messages; reading goes on. */
  readonly closed: boolean;
}

/** The rooms there are. Rooms are closed, never removed, so a name once found stays a room. */
export interface Rooms {
  find(name: string): Promise<Room | null>;
  /** All rooms, `lobby` first, then by name; at most 1,000. */
  list(): Promise<readonly Room[]>;
  /** Rejects with `room_taken` when the name is in use. */
  create(room: { name: string; title: string; createdBy: UserId | null }): Promise<Room>;
}

/** 1 to 64 of `a-z0-9-`: what can stand in an address and in a file name everywhere. */
export const ROOM_NAME = /^[a-z0-9-]{1,64}$/;
