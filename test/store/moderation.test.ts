/** Acts of moderation at rest: each is there with its audit row and its control row, or not at all. */
import { describe, expect, it } from "vitest";
import type { Moderation } from "../../src/core/moderation.js";
import type { Store } from "../../src/core/store.js";
import { say } from "./places.js";
import { onEveryStore } from "./stores.js";

const TROLL = { kind: "name", value: "troll" } as const;
const FOR_GOOD = { untilMs: null, reason: "" };

/** Something to act upon: message 1, user 1, and the code that makes a moderator. */
async function furnish(store: Store): Promise<string> {
  await say(store, "x");
  await store.users.create({ shown: "Mia", folded: "mia" });
  return store.moderation.makeCode("Mia", "owner");
}

interface Case {
  readonly action: string;
  /** What must have been done, for there to be something to do. */
  readonly first?: (m: Moderation, code: string) => Promise<unknown>;
  readonly act: (m: Moderation, code: string) => Promise<unknown>;
  readonly table: string;
  readonly subject: string;
}

const ban = (m: Moderation) => m.restrict("ban", TROLL, FOR_GOOD, "owner");
const close = (m: Moderation) => m.setClosed("lobby", true, "owner");
const redeem = (m: Moderation, code: string) => m.redeem(code, 1, "user 1 (Mia)");

const CASES: readonly Case[] = [
  { action: "remove", act: (m) => m.remove(1, "owner"), table: "messages", subject: "1" },
  { action: "ban", act: ban, table: "restrictions", subject: "name troll" },
  {
    action: "mute",
    act: (m) => m.restrict("mute", TROLL, FOR_GOOD, "owner"),
    table: "restrictions",
    subject: "name troll",
  },
  {
    action: "unban",
    first: ban,
    act: (m) => m.lift("ban", TROLL, "owner"),
    table: "restrictions",
    subject: "name troll",
  },
  { action: "close", act: close, table: "rooms", subject: "lobby" },
  {
    action: "open",
    first: close,
    act: (m) => m.setClosed("lobby", false, "owner"),
    table: "rooms",
    subject: "lobby",
  },
  { action: "slow", act: (m) => m.setSlow("lobby", 30, "owner"), table: "rooms", subject: "lobby" },
  { action: "code", act: (m) => m.makeCode("Max", "owner"), table: "moderator_codes", subject: "Max" },
  { action: "moderator", act: redeem, table: "moderators", subject: "user 1" },
  {
    action: "revoke",
    first: redeem,
    act: (m) => m.revoke(1, "owner"),
    table: "moderators",
    subject: "user 1",
  },
];

onEveryStore((newPlace) => {
  describe.each(CASES)("$action", ({ action, first, act, table, subject }) => {
    it("is kept with who did it, and said to all processes", async () => {
      const place = await newPlace();
      const [store, other] = [await place.open(), await place.open()];
      const code = await furnish(store);
      await first?.(store.moderation, code);
      const seen = await store.control.newest();
      await act(other.moderation, code);
      const [newest] = await store.moderation.audit(1);
      const actor = action === "moderator" ? "user 1 (Mia)" : "owner";
      expect(newest).toMatchObject({ actor, action, subject });
      expect(await store.control.since(seen, 10)).toMatchObject([{ kind: action, subject }]);
    });

    it("leaves nothing behind when its audit row or its control row cannot be written", async () => {
      const { open, sql, breakInserts } = await newPlace();
      const store = await open();
      const code = await furnish(store);
      await first?.(store.moderation, code);
      const all = async () => {
        const rows = [];
        for (const name of ["audit", "control", table])
          rows.push(await sql(`SELECT * FROM ${name} ORDER BY 1`));
        return rows;
      };
      const before = await all();
      for (const broken of ["audit", "control"]) {
        const mend = await breakInserts(broken);
        await expect(act(store.moderation, code)).rejects.toMatchObject({ code: "storage_failed" });
        expect(await all(), broken).toEqual(before);
        await mend();
      }
    });
  });

  describe("what there is nothing of", () => {
    it("is said, and is no act", async () => {
      const { moderation } = await (await newPlace()).open();
      const missing = { code: "no_message" };
      await expect(moderation.remove(1, "owner")).rejects.toMatchObject(missing);
      await expect(moderation.setClosed("nowhere", true, "owner")).rejects.toMatchObject({ code: "no_room" });
      await expect(moderation.setSlow("nowhere", 3, "owner")).rejects.toMatchObject({ code: "no_room" });
      expect(await moderation.lift("ban", TROLL, "owner")).toBe(false);
      expect(await moderation.revoke(1, "owner")).toBe(false);
      expect(await moderation.redeem("", 1, "x")).toBe(false);
      expect(await moderation.audit(10)).toEqual([]);
    });

    it("includes a message that was removed before, and the row that says so", async () => {
      const store = await (await newPlace()).open();
      const id = await say(store, "once");
      await store.moderation.remove(id, "owner");
      for (const again of [id, id + 1])
        await expect(store.moderation.remove(again, "owner")).rejects.toMatchObject({ code: "no_message" });
      expect(await store.log.newest()).toBe(id + 1);
    });
  });

  describe("a message", () => {
    it("that two remove at once is removed by one of them; and beside a host that removes it, too, nobody fails", async () => {
      const { open } = await newPlace();
      const [one, two] = [await open(), await open()];
      for (let n = 0; n < 5; n++) {
        const id = await say(one, "once");
        const both = await Promise.allSettled(
          [one, two].map(({ moderation }) => moderation.remove(id, "owner")),
        );
        expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
        for (const result of both)
          if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "no_message" });
        const next = await say(one, "twice");
        const author = { id: null, name: "Host" };
        const host = two.log.append({ room: "lobby", author, text: "", kind: "delete", ref: next });
        const late = await one.moderation.remove(next, "owner").catch(({ code }: { code: string }) => code);
        expect(["no_message", expect.objectContaining({ author: "Ana" })]).toContainEqual(late);
        await host;
      }
      const { messages } = await one.log.since("all", 0, 100);
      expect(messages.filter(({ kind, text }) => kind !== "delete" && text !== "")).toEqual([]);
    });
  });

  describe("a restriction", () => {
    it("ends by itself, and by another that takes its place", async () => {
      let now = Date.now();
      const { moderation } = await (await newPlace()).open({ now: () => now });
      const until = (untilMs: number) => ({ untilMs, reason: "noise" });
      await moderation.restrict("ban", TROLL, until(now + 1000), "owner");
      await moderation.restrict("ban", TROLL, until(now + 5000), "user 1 (Mia)");
      expect(await moderation.restrictions()).toMatchObject([{ untilMs: now + 5000, by: "user 1 (Mia)" }]);
      now += 5000;
      expect(await moderation.restrictions()).toEqual([]);
      expect(await moderation.lift("ban", TROLL, "owner")).toBe(false);
      const late = { kind: "name", value: "late" } as const;
      for (const subject of [TROLL, late, TROLL]) {
        now += 1;
        await moderation.restrict("mute", subject, FOR_GOOD, "owner");
      }
      expect((await moderation.restrictions()).map(({ subject }) => subject)).toEqual([TROLL, late]);
    });
  });
});
