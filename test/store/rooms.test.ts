/** Rooms: found, listed, made once. */
import { describe, expect, it } from "vitest";
import { onEveryStore } from "./stores.js";

onEveryStore((newPlace) => {
  describe("rooms", () => {
    it("are found by their exact name, and not otherwise", async () => {
      const { rooms } = await (await newPlace()).open();
      const room = await rooms.create({ name: "garden", title: "The Garden 🌱", createdBy: 7 });
      expect(room).toEqual({ name: "garden", title: "The Garden 🌱", closed: false, slowS: 0 });
      expect(await rooms.find("garden")).toEqual(room);
      for (const name of ["Garden", "garde", "garden ", "%", ""]) expect(await rooms.find(name)).toBeNull();
    });

    it("are listed with the lobby first, then by name", async () => {
      const { rooms } = await (await newPlace()).open();
      for (const name of ["zoo", "attic", "m1"]) await rooms.create({ name, title: name, createdBy: null });
      expect((await rooms.list()).map(({ name }) => name)).toEqual(["lobby", "attic", "m1", "zoo"]);
    });

    it("are listed up to 1,000, the lobby among them", async () => {
      const { rooms } = await (await newPlace()).open();
      const names = Array.from({ length: 1_005 }, (_, n) => `a${n}`);
      await Promise.all(names.map((name) => rooms.create({ name, title: name, createdBy: "u" })));
      const list = await rooms.list();
      expect(list).toHaveLength(1_000);
      expect(list[0]?.name).toBe("lobby");
    });

    it("are not made twice, also by two at once", async () => {
      const { open } = await newPlace();
      const [one, two] = [await open(), await open()];
      const made = await Promise.allSettled(
        [one, two, one].map(({ rooms }, n) => rooms.create({ name: "garden", title: `${n}`, createdBy: n })),
      );
      expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const result of made) {
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "room_taken" });
      }
      await expect(one.rooms.create({ name: "lobby", title: "", createdBy: 1 })).rejects.toMatchObject({
        code: "room_taken",
      });
      expect((await one.rooms.find("lobby"))?.title).toBe("Lobby");
    });

    it("of one maker are as many as may be, also by two at once; others' are not counted", async () => {
      const { open } = await newPlace();
      const [one, two] = [await open(), await open()];
      const make = (name: string, createdBy: number | string | null, max?: number) =>
        (name.length % 2 ? one : two).rooms.create({ name, title: "", createdBy }, max);
      await make("theirs", 8, 2);
      const names = Array.from({ length: 12 }, (_, n) => "x".repeat(n + 1));
      const made = await Promise.allSettled(names.map((name) => make(name, 7, 2)));
      expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
      for (const result of made)
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "too_many_rooms" });
      await expect(make("theirs", 7, 2)).rejects.toMatchObject({ code: "room_taken" });
      // Another user, though of the same text; nobody at all; and no limit.
      for (const [name, maker, max] of [
        ["e", "7", 2],
        ["ee", 8, 2],
        ["f", null, 1],
        ["ff", null, 1],
        ["g", 7, undefined],
      ] as const)
        expect(await make(name, maker, max)).toMatchObject({ name });
      for (const { name } of await one.rooms.list()) await one.moderation.setClosed(name, true, "owner");
      await expect(make("h", 8, 2)).rejects.toMatchObject({ code: "too_many_rooms" });
    });

    it("say how slow they are, and when they are closed", async () => {
      const { rooms, moderation } = await (await newPlace()).open();
      await rooms.create({ name: "attic", title: "", createdBy: null });
      await moderation.setSlow("lobby", 30, "owner");
      await moderation.setClosed("attic", true, "owner");
      const [lobby, attic] = await rooms.list();
      expect([lobby?.slowS, lobby?.closed, attic?.slowS, attic?.closed]).toEqual([30, false, 0, true]);
      expect([await rooms.find("lobby"), await rooms.find("attic")]).toEqual([lobby, attic]);
    });

    it("remember who made them", async () => {
      const { open, sql } = await newPlace();
      const { rooms } = await open();
      for (const [n, createdBy] of [7, "u7", null].entries())
        await rooms.create({ name: `r${n}`, title: "", createdBy });
      const rows = await sql("SELECT created_by FROM rooms WHERE name <> 'lobby' ORDER BY name");
      expect(rows.map(({ created_by }) => created_by && `${created_by}`)).toEqual(["7", "u7", null]);
    });
  });
});
