/** Sessions at rest: kept until they expire, under hashes, written as seldom as can be. */
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Sessions } from "../../src/core/session.js";
import type { Store } from "../../src/core/store.js";
import { connect, newPath, open } from "./places.js";

const HOUR_MS = 3_600_000;

describe("a session", () => {
  let now = 0;
  let path = "";
  let store: Store;
  let sessions: Sessions;
  beforeEach(async () => {
    now = 1_800_000_000_000;
    path = newPath();
    store = await open(path, { now: () => now });
    sessions = store.sessions;
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
    const version = connect(path).prepare("PRAGMA data_version").pluck();
    const expiresAt = now + 24 * HOUR_MS;
    await sessions.write("id", { data: "{}", expiresAt });
    const before = version.get();
    await sessions.touch("id", expiresAt + HOUR_MS);
    await sessions.touch("id", expiresAt - HOUR_MS);
    expect(version.get()).toBe(before);
    expect((await sessions.read("id"))?.expiresAt).toBe(expiresAt);
    await sessions.touch("id", expiresAt + HOUR_MS + 1);
    expect(version.get()).not.toBe(before);
    expect(await sessions.read("id")).toEqual({ data: "{}", expiresAt: expiresAt + HOUR_MS + 1 });
  });

  it("is pruned when it has expired, in batches of the size asked for", async () => {
    const write = (id: string, expiresAt: number) => sessions.write(id, { data: "{}", expiresAt });
    await Promise.all(Array.from({ length: 25 }, (_, n) => write(`old ${n}`, now - n)));
    await write("new", now + 1);
    const count = connect(path).prepare("SELECT count(*) FROM sessions").pluck();
    for (const removed of [10, 10, 5, 0]) expect(await sessions.prune(10)).toBe(removed);
    expect(count.get()).toBe(1);
    expect(await sessions.read("new")).not.toBeNull();
  });

  it("lies in the file under a hash: the id of the cookie is not there", async () => {
    const id = "the-id-in-the-cookie-0123456789";
    await sessions.write(id, { data: '{"mark":"a mark to find"}', expiresAt: now + HOUR_MS });
    await store.close();
    const bytes = readFileSync(path);
    expect(bytes.includes("a mark to find")).toBe(true);
    expect(bytes.includes(id)).toBe(false);
    expect(bytes.includes("the-id-in-the")).toBe(false);
  });
});
