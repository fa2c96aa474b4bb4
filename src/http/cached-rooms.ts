/** Rooms that were looked up moments ago: a send needs no read of its own for the room it goes to. */
import type { Room, Rooms } from "../core/room.js";
import type { TimedCache } from "../core/timed-cache.js";

/** Control rows clear the cache, so what a moderator changes holds at once; what another program does by hand, in a second. */
export function cachedRooms(rooms: Rooms, cache: TimedCache<Room>): Rooms {
  return {
    async find(name) {
      const known = cache.get(name);
      if (known) return known;
      const { changes } = cache;
      const room = await rooms.find(name);
      // It may have been closed while it was read.
      if (room && cache.changes === changes) cache.keep(name, room);
      return room;
    },
    list: () => rooms.list(),
    create: (room, perUserMax) => rooms.create(room, perUserMax),
  };
}
