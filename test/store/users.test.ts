/** Names: held while their user is about, by one user at a time. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { UserId } from "../../src/core/message.js";
import { foldName, NAME_HELD_MS, type Users } from "../../src/core/user.js";
import { onEveryStore, type Place } from "./stores.js";

const name = (shown: string) => ({ shown, folded: foldName(shown) });
type Happening =
  | { readonly do: "create"; readonly shown: string }
  | { readonly do: "rename"; readonly who: number; readonly shown: string }
  | { readonly do: "touch" | "release"; readonly who: number }
  | { readonly do: "wait"; readonly ms: number };

const taken = { code: "name_taken" };

onEveryStore((newPlace) => {
  describe("a name", () => {
    let now = 0;
    let place: Place;
    let users: Users;
    beforeEach(async () => {
      now = 1_800_000_000_000;
      place = await newPlace();
      users = (await place.open({ now: () => now })).users;
    });
    const seenAt = async (id: UserId) =>
      (await place.sql("SELECT seen_at FROM users WHERE id = ?", id))[0]?.seen_at;

    it("is held from the moment it is given, in every spelling that folds to it", async () => {
      const ana = await users.create(name("Ana"));
      expect(ana).toEqual({ id: 1, name: "Ana" });
      expect(await users.isHeld(foldName("ANA"))).toBe(true);
      expect(await users.isHeld(foldName("Anna"))).toBe(false);
      await expect(users.create(name("aNA"))).rejects.toMatchObject(taken);
      expect((await users.create(name("Anna"))).id).toBe(2);
    });

    it("is not held against its own user", async () => {
      const { id } = await users.create(name("Ana"));
      expect(await users.isHeld("ana", id)).toBe(false);
      expect(await users.isHeld("ana", null)).toBe(true);
      expect(await users.isHeld("ana", 99)).toBe(true);
      expect(await users.isHeld("ana", "1")).toBe(true);
    });

    it("is free after 30 minutes without a touch, to the millisecond, and then goes to who asks first", async () => {
      await users.create(name("Ana"));
      now += NAME_HELD_MS - 1;
      expect(await users.isHeld("ana")).toBe(true);
      await expect(users.create(name("Ana"))).rejects.toMatchObject(taken);
      now += 1;
      expect(await users.isHeld("ana")).toBe(false);
      const both = await Promise.allSettled([users.create(name("Ana")), users.create(name("ANA"))]);
      expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
      expect(both[1]).toMatchObject({ reason: taken });
    });

    it("goes to one of two who ask at once in two processes", async () => {
      const other = (await place.open({ now: () => now })).users;
      for (let n = 0; n < 20; n++) {
        const both = await Promise.allSettled([users, other].map((at) => at.create(name(`Ana ${n}`))));
        expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      }
    });

    it("stays held by touches, which write at most once a minute", async () => {
      const { id } = await users.create(name("Ana"));
      const born = now;
      now += 59_999;
      await users.touch(id);
      expect(await seenAt(id)).toBe(born);
      now += 1;
      await users.touch(id);
      expect(await seenAt(id)).toBe(now);
      for (let n = 0; n < 3; n++) {
        now += NAME_HELD_MS - 1;
        await users.touch(id);
      }
      await expect(users.create(name("Ana"))).rejects.toMatchObject(taken);
    });

    it("is told by every touch as it is now, whether or not that touch writes", async () => {
      const { id } = await users.create(name("Ana"));
      expect(await users.touch(id)).toEqual({ id, name: "Ana" });
      await users.rename(id, name("Zed"));
      expect(await users.touch(id)).toEqual({ id, name: "Zed" });
      now += NAME_HELD_MS;
      expect(await users.touch(id)).toEqual({ id, name: "Zed" });
      expect(await seenAt(id)).toBe(now);
    });

    it("comes back to a user who was away, unless somebody else has it now", async () => {
      const { id } = await users.create(name("Ana"));
      now += 2 * NAME_HELD_MS;
      await users.touch(id);
      await expect(users.create(name("Ana"))).rejects.toMatchObject(taken);
      now += 2 * NAME_HELD_MS;
      const other = await users.create(name("ANA"));
      await expect(users.touch(id)).rejects.toMatchObject(taken);
      await users.release(other.id);
      await users.touch(id);
      await expect(users.create(name("Ana"))).rejects.toMatchObject(taken);
    });

    it("is not held again by what was under way when its user let it go", async () => {
      const { id } = await users.create(name("Ana"));
      await users.release(id);
      for (const late of [() => users.touch(id), () => users.rename(id, name("Bo"))])
        await expect(late()).rejects.toMatchObject({ code: "not_signed_in" });
      expect([await users.isHeld("ana"), await users.isHeld("bo")]).toEqual([false, false]);
    });

    it("is free at once when it is let go", async () => {
      const { id } = await users.create(name("Ana"));
      await users.release(id);
      expect(await users.isHeld("ana")).toBe(false);
      expect((await users.create(name("Ana"))).id).toBe(2);
      await users.release(99);
    });

    it("can be changed by its user, same id, if the new one is free; the old one is free then", async () => {
      const { id } = await users.create(name("Ana"));
      await users.create(name("Bo"));
      await expect(users.rename(id, name("BO"))).rejects.toMatchObject(taken);
      expect(await users.isHeld("ana")).toBe(true);
      expect(await users.rename(id, name("ANA"))).toEqual({ id, name: "ANA" });
      expect(await users.rename(id, name("Cy"))).toEqual({ id, name: "Cy" });
      expect([await users.isHeld("ana"), await users.isHeld("cy")]).toEqual([false, true]);
      now += NAME_HELD_MS - 1;
      expect(await users.rename(id, name("Di"))).toEqual({ id, name: "Di" });
      now += 1;
      expect([await users.isHeld("di"), await users.isHeld("bo")]).toEqual([true, false]);
    });

    it("of nobody: a user that this database does not know is asked to sign in again", async () => {
      for (const id of [99, "u7", 1.5]) {
        await expect(users.touch(id)).rejects.toMatchObject({ code: "not_signed_in" });
        await expect(users.rename(id, name("Ana"))).rejects.toMatchObject({ code: "not_signed_in" });
      }
      expect(await users.isHeld("ana")).toBe(false);
    });

    it("has one holder at most, whatever happens", async () => {
      const who = fc.integer({ min: 1, max: 4 });
      const shown = fc.constantFrom("Ana", "ANA", "Bo");
      const event: fc.Arbitrary<Happening> = fc.oneof(
        fc.record({ do: fc.constant("create" as const), shown }),
        fc.record({ do: fc.constant("rename" as const), who, shown }),
        fc.record({ do: fc.constant("touch" as const), who }),
        fc.record({ do: fc.constant("release" as const), who }),
        fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 61_000, NAME_HELD_MS) }),
      );
      const act = async (event: Happening) => {
        if (event.do === "create") await users.create(name(event.shown));
        else if (event.do === "rename") await users.rename(event.who, name(event.shown));
        else if (event.do !== "wait") await users[event.do](event.who);
      };
      const holders =
        "SELECT coalesce(max(n), 0) AS most FROM (SELECT count(*) AS n FROM users WHERE seen_at > ? GROUP BY folded) AS counts";
      let most = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (events) => {
          for (const event of events) {
            if (event.do === "wait") now += event.ms;
            await act(event).then(
              () => {},
              (error: { code: string }) => expect(["name_taken", "not_signed_in"]).toContain(error.code),
            );
            const count = Number((await place.sql(holders, now - NAME_HELD_MS))[0]?.most);
            expect(count).toBeLessThanOrEqual(1);
            most = Math.max(most, count);
          }
        }),
        { numRuns: 40 },
      );
      expect(most).toBe(1);
    });
  });
});
