/** Moderators at rest, and the one-time codes that make them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CODE_MS } from "../../src/core/moderation.js";
import type { Store } from "../../src/core/store.js";
import { newPath, open } from "./places.js";
import { onEveryStore } from "./stores.js";

/** User 1; the code for her. */
async function makeMia(store: Store): Promise<string> {
  await store.users.create({ shown: "Mia", folded: "mia" });
  return store.moderation.makeCode("Mia", "owner");
}

onEveryStore((newPlace) => {
  describe("a code", () => {
    it("is good once, for fifteen minutes, however it is typed, and its hash is kept", async () => {
      let now = Date.now();
      const { open, sql } = await newPlace();
      const store = await open({ now: () => now });
      const { moderation } = store;
      const { id } = await store.users.create({ shown: "Mia", folded: "mia" });
      const [first, second] = [
        await moderation.makeCode("Mia", "owner"),
        await moderation.makeCode("Mia", "owner"),
      ];
      expect(first).toMatch(/^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}$/);
      const kept = (await sql("SELECT code_hash FROM moderator_codes")).map(({ code_hash }) => code_hash);
      const hash = createHash("sha256").update(first.replaceAll("-", "")).digest();
      expect(kept.some((known) => hash.equals(known as Buffer))).toBe(true);
      const typed = ` ${first.toLowerCase().replaceAll("-", " ")}`;
      expect(await moderation.redeem(typed, Number(id), "x")).toBe(true);
      expect(await moderation.redeem(first, Number(id), "x")).toBe(false);
      now += CODE_MS;
      expect(await moderation.redeem(second, Number(id), "x")).toBe(false);
    });

    it("makes one moderator when two type it at once", async () => {
      const { open } = await newPlace();
      const stores = [await open(), await open()] as const;
      const code = await makeMia(stores[0]);
      await stores[0].users.create({ shown: "Max", folded: "max" });
      const done = await Promise.all(
        [1, 2, 1, 2].map((id, n) => (stores[n % 2] ?? stores[0]).moderation.redeem(code, id, "x")),
      );
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await stores[1].moderation.moderators()).toHaveLength(1);
    });

    it("marks nobody who has signed out, and is not spent on them", async () => {
      const store = await (await newPlace()).open();
      const code = await makeMia(store);
      await store.users.release(1);
      expect(await store.moderation.redeem(code, 1, "x")).toBe(false);
      expect(await store.moderation.moderators()).toEqual([]);
    });
  });

  describe("a moderator", () => {
    it("stays one under another name, and is none any more after signing out", async () => {
      const store = await (await newPlace()).open();
      expect(await store.moderation.redeem(await makeMia(store), 1, "x")).toBe(true);
      await store.users.rename(1, { shown: "Maria", folded: "maria" });
      expect(await store.moderation.isModerator(1)).toBe(true);
      expect(await store.moderation.moderators()).toMatchObject([
        { userId: 1, name: "Maria", label: "Mia", isGone: false },
      ]);
      await store.users.release(1);
      await store.users.create({ shown: "Maria", folded: "maria" });
      expect([await store.moderation.isModerator(1), await store.moderation.isModerator(2)]).toEqual([
        false,
        false,
      ]);
      expect(await store.moderation.moderators()).toMatchObject([{ userId: 1, isGone: true }]);
    });
  });
});

describe("the file of SQLite", () => {
  it("holds no code", async () => {
    const path = newPath();
    const code = await makeMia(await open(path));
    for (const file of [path, `${path}-wal`]) {
      const bytes = readFileSync(file, "latin1");
      expect(bytes).not.toMatch(new RegExp(`${code}|${code.replaceAll("-", "")}`));
    }
    expect(readFileSync(`${path}-wal`, "latin1")).toContain("Mia");
  });
});
