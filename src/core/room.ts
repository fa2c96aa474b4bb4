/** Where people talk: the partition of the log. */
import type { UserId } from "./message.js";

export interface Room {
  readonly name: string;
  readonly title: string;
  /** Closed to new messages; reading goes on. */
  readonly closed: boolean;
  /** How long a sender waits between two messages, in seconds; 0: as long as they like. */
  readonly slowS: number;
}

export interface NewRoom {
  readonly name: string;
  readonly title: string;
  readonly createdBy: UserId | null;
}

/** The rooms there are. Rooms are closed, never removed, so a name once found stays a room. */
export interface Rooms {
  find(name: string): Promise<Room | null>;
  /** All rooms, `lobby` first, then by name; at most 1,000. */
  list(): Promise<readonly Room[]>;
  /** Rejects with `room_taken` when the name is in use, and with `too_many_rooms` when its maker has made so many before. */
  create(room: NewRoom, perUserMax?: number): Promise<Room>;
}

/** 1 to 64 of `a-z0-9-`: what can stand in an address and in a file name everywhere. */
export const ROOM_NAME = /^[a-z0-9-]{1,64}$/;
