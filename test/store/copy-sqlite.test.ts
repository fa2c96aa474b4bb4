/** A copy is read back before anybody is told that it is there, and the headers are looked at before SQLite is. */
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCopy, copySqlite, factsOf } from "../../src/store/copy-sqlite.js";
import { connectSqlite } from "../../src/store/sqlite.js";
import { lookAt, refuseMixture } from "../../src/store/stale-wal.js";
import { connect, newPath, open } from "./places.js";

/** A log with some messages, and a copy of it. */
async function copied() {
  const [path, copy] = [newPath(), newPath()];
  const { log } = await open(path);
  for (let n = 0; n < 50; n++)
    await log.append({ room: "lobby", author: { id: null, name: "Ana" }, text: "x".repeat(500) });
  const db = connectSqlite(path);
  const facts = factsOf(db);
  await copySqlite(db, copy);
  db.close();
  return { path, copy, facts };
}

describe("a copy", () => {
  it("says what its source says", async () => {
    const { copy, facts } = await copied();
    expect(facts).toMatchObject({ rows: 50, newest: 50 });
    expect(checkCopy(copy, facts)).toEqual({ ...facts, bytes: readFileSync(copy).length });
  });

  it.each([
    ["a page of it came out wrong", (bytes: Buffer) => void bytes.fill(0xff, 5 * 4_096, 6 * 4_096)],
    ["its header came out wrong", (bytes: Buffer) => void bytes.fill(0, 0, 16)],
  ])("is none when %s", async (_, spoil) => {
    const { copy, facts } = await copied();
    const bytes = readFileSync(copy);
    spoil(bytes);
    writeFileSync(copy, bytes);
    expect(() => checkCopy(copy, facts)).toThrow(/does not read back as it was written/);
  });

  it("is none when it is another log's, or ends before its source", async () => {
    const { copy, facts } = await copied();
    expect(() => checkCopy(copy, { ...facts, epoch: "other" })).toThrow(/does not read back/);
    expect(() => checkCopy(copy, { ...facts, newest: 51 })).toThrow(/does not read back/);
  });

  it("leaves nothing behind when its source cannot be read", async () => {
    const { copy } = await copied();
    const bytes = readFileSync(copy);
    writeFileSync(copy, bytes.fill(0xff, 5 * 4_096, 6 * 4_096));
    const db = connectSqlite(copy);
    const to = newPath();
    await expect(copySqlite(db, to)).rejects.toMatchObject({ code: "SQLITE_CORRUPT" });
    db.close();
    expect(readdirSync(dirname(to))).toEqual([]);
  });

  it("takes no name that is taken, and leaves what is there", async () => {
    const { path, copy } = await copied();
    writeFileSync(copy, "mine");
    await expect(copySqlite(connectSqlite(path), copy)).rejects.toThrow(/cannot be written \(EEXIST\)/);
    expect(readFileSync(copy, "utf8")).toBe("mine");
  });
});

describe("a file with a -wal beside it", () => {
  it("is whole while it is the -wal's own, also after a crash", async () => {
    const { path } = await copied();
    const crashed = newPath();
    for (const ending of ["", "-wal"]) copyFileSync(path + ending, crashed + ending);
    expect(lookAt(crashed)).toBe("whole");
    refuseMixture(crashed);
    expect(connect(crashed).prepare("SELECT count(*) FROM messages").pluck().get()).toBe(50);
  });

  it("is a mixture when a copy has taken its place, and nothing special without the -wal", async () => {
    const { path, copy } = await copied();
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    expect(lookAt(copy)).toBe("stale");
    expect(() => refuseMixture(copy)).toThrow(/belongs to another database .*npm run restore -- FILE/);
    for (const without of [() => writeFileSync(`${copy}-wal`, ""), () => rmSync(`${copy}-wal`)]) {
      without();
      expect(lookAt(copy)).toBe("whole");
      refuseMixture(copy);
    }
  });

  it("is damaged when it is no database, and stays as it is with its -wal", async () => {
    const { path } = await copied();
    const spoilt = newPath();
    writeFileSync(spoilt, "zero".repeat(5_000));
    copyFileSync(`${path}-wal`, `${spoilt}-wal`);
    expect(() => refuseMixture(spoilt)).toThrow(/is damaged/);
  });
});
