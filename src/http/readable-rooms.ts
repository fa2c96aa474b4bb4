/** The rooms a user may read: unknown and forbidden ones give the same answer, so that rooms cannot be guessed. */

import type { Awaitable } from "../core/awaitable.js";
import { ParkbenchError } from "../core/errors.js";
import { ROOM_NAME, type Room, type Rooms } from "../core/room.js";
import type { User } from "../core/user.js";
import type { Identity } from "../identity/identity.js";

export class ReadableRooms {
  readonly #rooms: Rooms;
  readonly #identity: Identity;
  /** Rooms are never removed: a name once found in a chat without private rooms needs no further look. */
  readonly #known = new Set<string>();

  constructor(rooms: Rooms, identity: Identity) {
    this.#rooms = rooms;
    this.#identity = identity;
  }

  /** Whether the host decides who reads what, so that rights are to be asked again when a reader is woken. */
  get arePrivate(): boolean {
    return this.#identity.mayRead !== undefined;
  }

  /** The room, or null when there is none that this user may read. */
  async find(user: User | null, name: string): Promise<Room | null> {
    const room = ROOM_NAME.test(name) ? await this.#rooms.find(name) : null;
    if (!room) return null;
    return !this.#identity.mayRead || (await this.#identity.mayRead(user, room)) ? room : null;
  }

  /** Throws `no_room` unless the user may read all of them; at once, without a promise, where that is known. */
  mustRead(user: User | null, names: readonly string[]): Awaitable<void> {
    if (this.arePrivate || !names.every((name) => this.#known.has(name))) return this.#findAll(user, names);
  }

  async #findAll(user: User | null, names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (!this.arePrivate && this.#known.has(name)) continue;
      if (!(await this.find(user, name))) throw noRoom(name);
      this.#known.add(name);
    }
  }

  async list(user: User | null): Promise<readonly Room[]> {
    // Another program may have made a room whose name no address can carry.
    const rooms = (await this.#rooms.list()).filter(({ name }) => ROOM_NAME.test(name));
    if (!this.#identity.mayRead) return rooms;
    const readable: Room[] = [];
    for (const room of rooms) if (await this.#identity.mayRead(user, room)) readable.push(room);
    return readable;
  }
}

export function noRoom(name: string): ParkbenchError {
  const shown = ROOM_NAME.test(name) ? `"${name}"` : "of that name";
  return new ParkbenchError(
    "no_room",
    `There is no room ${shown} here. The rooms are listed on the first page.`,
  );
}
