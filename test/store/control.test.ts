/** Control rows: read on the same bell as messages. */
import { describe, expect, it, vi } from "vitest";
import { until } from "./places.js";
import { onEveryStore } from "./stores.js";

onEveryStore((newPlace) => {
  describe("control rows", () => {
    it("are kept for a week, and then let go of, a few at each row that comes", async () => {
      const { open, sql } = await newPlace();
      const { control } = await open();
      const add = (subject: string, daysAgo: number) =>
        sql(
          "INSERT INTO control (kind, subject, at) VALUES ('session', ?, ?)",
          subject,
          Date.now() - daysAgo * 24 * 3600_000,
        );
      for (let n = 0; n < 15; n++) await add("old", 8);
      await add("young", 6);
      const subjects = async () => (await control.since(0, 100)).map(({ subject }) => subject);
      await control.append("session", "a");
      expect(await subjects()).toEqual([...Array(5).fill("old"), "young", "a"]);
      await control.append("session", "b");
      expect(await subjects()).toEqual(["young", "a", "b"]);
      expect(await control.newest()).toBe(18);
    });

    it("are read in order, from a number on, up to a limit", async () => {
      const { control } = await (await newPlace()).open();
      expect([await control.newest(), await control.since(0, 10)]).toEqual([0, []]);
      for (const subject of ["a", "b", "c"]) await control.append("session", subject);
      const rows = ["a", "b", "c"].map((subject, n) => ({ id: n + 1, kind: "session", subject }));
      expect(await control.since(0, 10)).toEqual(rows);
      expect(await control.since(1, 1)).toEqual(rows.slice(1, 2));
      expect(await control.newest()).toBe(3);
    });

    it("ring the listeners of every process's log, when they can be read", async () => {
      const { open } = await newPlace();
      const [here, there] = [await open(), await open()];
      const rings = [here, there].map((store) => {
        const ring = vi.fn(() => void store.control.newest().then((newest) => heard(newest)));
        const heard = vi.fn();
        store.log.onChange(ring);
        return heard;
      });
      await here.control.append("session", "a");
      for (const heard of rings) await until(() => heard.mock.calls.some(([newest]) => newest === 1));
    });

    it("never use a number twice", async () => {
      const { open, sql } = await newPlace();
      const { control } = await open();
      await control.append("session", "a");
      await sql("DELETE FROM control");
      expect(await control.newest()).toBe(1);
      await control.append("session", "b");
      expect(await control.since(1, 10)).toEqual([{ id: 2, kind: "session", subject: "b" }]);
    });
  });

  describe("a store that is closed", () => {
    it("refuses everything, and closes once", async () => {
      const store = await (await newPlace()).open();
      await Promise.all([store.close(), store.log.close(), store.close()]);
      const name = { shown: "Ana", folded: "ana" };
      const calls = [
        () => store.check(),
        () => store.rooms.find("lobby"),
        () => store.rooms.list(),
        () => store.rooms.create({ name: "a", title: "", createdBy: 1 }),
        () => store.users.create(name),
        () => store.users.rename(1, name),
        () => store.users.isHeld("ana"),
        () => store.users.touch(1),
        () => store.users.release(1),
        () => store.sessions.read("id"),
        () => store.sessions.write("id", { data: "", expiresAt: 0 }),
        () => store.sessions.touch("id", 0),
        () => store.sessions.destroy("id"),
        () => store.sessions.prune(1),
        () => store.control.append("session", "a"),
        () => store.control.since(0, 1),
        () => store.control.newest(),
        () => store.moderation.remove(1, "owner"),
        () => store.moderation.setSlow("lobby", 1, "owner"),
        () => store.moderation.restrictions(),
      ];
      for (const call of calls) await expect(call(), `${call}`).rejects.toMatchObject({ code: "closed" });
    });
  });
});
