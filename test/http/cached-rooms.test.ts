/** Rooms kept for a moment: whoever closes one is heard at once, and nothing is kept that may be over. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Room, Rooms } from "../../src/core/room.js";
import { TimedCache } from "../../src/core/timed-cache.js";
import { cachedRooms } from "../../src/http/cached-rooms.js";

let stored: Map<string, Room>;
let reads: number;
let duringRead: () => void;
let following: object | null;
let cache: TimedCache<Room>;
let rooms: Rooms;

const roomOf = (name: string, closed = false): Room => ({ name, title: name, closed, slowS: 0 });

describe("rooms that were looked up moments ago", () => {
  beforeEach(() => {
    stored = new Map([["lobby", roomOf("lobby")]]);
    reads = 0;
    duringRead = () => {};
    following = {};
    cache = new TimedCache(() => following);
    const store: Rooms = {
      async find(name) {
        reads += 1;
        const found = stored.get(name) ?? null;
        duringRead();
        return found;
      },
      list: async () => [...stored.values()],
      async create({ name }) {
        stored.set(name, roomOf(name));
        return roomOf(name);
      },
    };
    rooms = cachedRooms(store, cache);
  });

  it("are not read again", async () => {
    expect(await rooms.find("lobby")).toEqual(roomOf("lobby"));
    expect(await rooms.find("lobby")).toEqual(roomOf("lobby"));
    expect(reads).toBe(1);
  });

  it("are read again when a control row has come", async () => {
    await rooms.find("lobby");
    stored.set("lobby", roomOf("lobby", true));
    cache.clear();
    expect(await rooms.find("lobby")).toMatchObject({ closed: true });
  });

  it("are not kept when one came while they were read", async () => {
    duringRead = () => cache.clear();
    await rooms.find("lobby");
    duringRead = () => {};
    stored.set("lobby", roomOf("lobby", true));
    expect(await rooms.find("lobby")).toMatchObject({ closed: true });
  });

  it("are not kept while control rows are not heard", async () => {
    following = null;
    await rooms.find("lobby");
    await rooms.find("lobby");
    expect(reads).toBe(2);
  });

  it("are not missing for longer than they are", async () => {
    expect(await rooms.find("new")).toBeNull();
    await rooms.create({ name: "new", title: "New", createdBy: null });
    expect(await rooms.find("new")).toEqual(roomOf("new"));
  });
});
