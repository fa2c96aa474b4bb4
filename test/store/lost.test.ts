/** A database file that is deleted or replaced under an open store: nothing is acknowledged from then on. */
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { connect, newPath, open, until } from "./places.js";

const draft = { room: "lobby", author: { id: null, name: "Ana" }, text: "a" };

describe("a database file that is not the one that was opened", () => {
  it.each([
    ["deleted", (path: string) => rmSync(path)],
    ["moved away", (path: string) => renameSync(path, `${path}.old`)],
    [
      "replaced by a copy",
      (path: string) => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
    ],
    ["without its -wal", (path: string) => rmSync(`${path}-wal`)],
    ["in a folder that was moved", (path: string) => renameSync(dirname(path), `${dirname(path)}.old`)],
  ])("%s: storage_lost, said once with the path", async (how, change) => {
    const path = newPath();
    const onLost = vi.fn<(error: Error) => void>();
    const store = await open(path, { onLost });
    await store.log.append(draft);
    change(path);
    const lost = { code: "storage_lost" };
    const sending = Promise.allSettled([store.log.append(draft), store.control.append("session", "s")]);
    for (const result of await sending) expect(result).toMatchObject({ status: "rejected", reason: lost });
    await expect(store.log.append(draft)).rejects.toMatchObject(lost);
    await expect(store.users.create({ shown: "Ana", folded: "ana" })).rejects.toMatchObject(lost);
    await expect(store.check()).rejects.toMatchObject(lost);
    await until(() => onLost.mock.calls.length > 0);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(onLost.mock.calls[0]?.[0]).toMatchObject(lost);
    expect(onLost.mock.calls[0]?.[0].message).toContain(path);
    await store.close();
    if (how === "in a folder that was moved") rmSync(`${dirname(path)}.old`, { recursive: true });
  });

  it("is noticed by a check, without any send", async () => {
    const path = newPath();
    const onLost = vi.fn();
    const { check } = await open(path, { onLost });
    await check();
    rmSync(path);
    await expect(check()).rejects.toMatchObject({ code: "storage_lost" });
    await until(() => onLost.mock.calls.length > 0);
  });

  it("is noticed by a look, without a write", async () => {
    const path = newPath();
    const onLost = vi.fn();
    const { look, log } = await open(path, { onLost });
    const version = connect(path).prepare("PRAGMA data_version").pluck();
    const before = version.get();
    look();
    expect(version.get()).toBe(before);
    await log.append(draft);
    expect(version.get()).not.toBe(before);
    rmSync(path);
    look();
    look();
    await until(() => onLost.mock.calls.length > 0);
    expect(onLost).toHaveBeenCalledTimes(1);
    await expect(log.append(draft)).rejects.toMatchObject({ code: "storage_lost" });
  });

  it("leaves everything in the file that was moved away, and nothing to be played into the one in its place", async () => {
    const path = newPath();
    const store = await open(path);
    await store.log.append(draft);
    const other = newPath();
    await (await open(other)).close();
    const fresh = readFileSync(other);
    renameSync(path, `${path}.old`);
    renameSync(other, path);
    await store.close();
    expect(readFileSync(path).equals(fresh)).toBe(true);
    const count = "SELECT count(*) FROM messages";
    expect(connect(path).prepare(count).pluck().get()).toBe(0);
    expect(connect(`${path}.old`).prepare(count).pluck().get()).toBe(1);
  });

  it("leaves the -wal as it is when no file is in its place", async () => {
    const path = newPath();
    const store = await open(path);
    await store.log.append(draft);
    const wal = readFileSync(`${path}-wal`);
    rmSync(path);
    await store.close();
    expect(readFileSync(`${path}-wal`).equals(wal)).toBe(true);
  });

  it("and is not suspected when it is only worked with", async () => {
    const path = newPath();
    const onLost = vi.fn();
    const { log, check } = await open(path, { onLost });
    const db = connect(path);
    for (const work of [
      () => db.pragma("wal_checkpoint(TRUNCATE)"),
      () => db.exec("VACUUM"),
      () => db.exec(`VACUUM INTO '${join(dirname(path), "backup.db")}'`),
      () => db.exec("CREATE INDEX mine ON messages (kind)"),
      () => chmodSync(path, 0o644),
      () => utimesSync(path, 0, 0),
      () => void db.close(),
    ]) {
      await log.append(draft);
      work();
      await log.append(draft);
      await check();
    }
    expect(existsSync(join(dirname(path), "backup.db"))).toBe(true);
    expect((await log.since("all", 0, 100)).messages).toHaveLength(14);
    expect(onLost).not.toHaveBeenCalled();
  });
});
