/** Sessions at rest: kept until they expire, under hashes, written as seldom as can be. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Sessions } from "../../src/core/session.js";
import { newPath, open } from "./places.js";
import { onEveryStore, type Place } from "./stores.js";

const HOUR_MS = 3_600_000;

onEveryStore((newPlace) => {
  describe("a session", () => {
    let now = 0;
    let place: Place;
    let sessions: Sessions;
    beforeEach(async () => {
      now = 1_800_000_000_000;
      place = await newPlace();
      sessions = (await place.open({ now: () => now })).sessions;
    });

    it("is read as it was written, until it is written again or destroyed", async () => {
      const record = { data: '{"a":"é"}', expiresAt: now + HOUR_MS };
      expect(await sessions.read("id")).toBeNull();
      await sessions.write("id", record);
      expect(await sessions.read("id")).toEqual(record);
      expect(await sessions.read("other")).toBeNull();
      await sessions.write("id", { data: "{}", expiresAt: now + 2 * HOUR_MS });
      expect(await sessions.read("id")).toEqual({ data: "{}", expiresAt: now + 2 * HOUR_MS });
      await sessions.destroy("id");
      expect(await sessions.read("id")).toBeNull();
      await sessions.destroy("id");
    });

    it("is null once it has expired, pruned or not, and no touch brings it back", async () => {
      await sessions.write("id", { data: "{}", expiresAt: now + 1_000 });
      now += 999;
      expect(await sessions.read("id")).not.toBeNull();
      now += 1;
      expect(await sessions.read("id")).toBeNull();
      await sessions.touch("id", now + 10 * HOUR_MS);
      expect(await sessions.read("id")).toBeNull();
      await sessions.touch("unknown", now + 10 * HOUR_MS);
      expect(await sessions.read("unknown")).toBeNull();
    });

    it("is not brought back by a touch that was under way when it ended", async () => {
      await sessions.write("id", { data: "{}", expiresAt: now + HOUR_MS });
      await Promise.all([sessions.touch("id", now + 10 * HOUR_MS), sessions.destroy("id")]);
      expect(await sessions.read("id")).toBeNull();
    });

    it("moves its expiry by touches, and writes only when that is by more than an hour", async () => {
      const expiresAt = now + 24 * HOUR_MS;
      const kept = () => place.sql("SELECT expires_at FROM sessions").then((rows) => rows[0]?.expires_at);
      await sessions.write("id", { data: "{}", expiresAt });
      for (const by of [HOUR_MS, -HOUR_MS]) await sessions.touch("id", expiresAt + by);
      expect(await kept()).toBe(expiresAt);
      await sessions.touch("id", expiresAt + HOUR_MS + 1);
      expect(await sessions.read("id")).toEqual({ data: "{}", expiresAt: expiresAt + HOUR_MS + 1 });
    });

    it("is pruned when it has expired, in batches of the size asked for", async () => {
      const write = (id: string, expiresAt: number) => sessions.write(id, { data: "{}", expiresAt });
      await Promise.all(Array.from({ length: 25 }, (_, n) => write(`old ${n}`, now - n)));
      await write("new", now + 1);
      for (const removed of [10, 10, 5, 0]) expect(await sessions.prune(10)).toBe(removed);
      expect(await place.sql("SELECT count(*) AS n FROM sessions")).toEqual([{ n: 1 }]);
      expect(await sessions.read("new")).not.toBeNull();
    });

    it("lies under a hash: the id of the cookie is not there", async () => {
      const id = "the-id-in-the-cookie-0123456789";
      await sessions.write(id, { data: "{}", expiresAt: now + HOUR_MS });
      const rows = await place.sql("SELECT * FROM sessions");
      expect(rows).toHaveLength(1);
      const hash = createHash("sha256").update(id).digest();
      expect(hash.equals(rows[0]?.id_hash as Buffer)).toBe(true);
      expect(Object.values(rows[0] ?? {}).some((value) => `${value}`.includes("cookie"))).toBe(false);
    });
  });
});

describe("the file of SQLite", () => {
  it("has a session, and not the id of the cookie", async () => {
    const id = "the-id-in-the-cookie-0123456789";
    const path = newPath();
    const store = await open(path);
    await store.sessions.write(id, { data: '{"mark":"a mark to find"}', expiresAt: Date.now() + HOUR_MS });
    await store.close();
    const bytes = readFileSync(path);
    expect(bytes.includes("a mark to find")).toBe(true);
    expect(bytes.includes(id)).toBe(false);
    expect(bytes.includes("the-id-in-the")).toBe(false);
  });
});
