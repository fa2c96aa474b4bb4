/** A database that is taken over to be replaced: by one alone, and held until it is let go. */
import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { takeOver } from "../../src/store/take-over-sqlite.js";
import { connect, newPath, open } from "./places.js";

const draft = { room: "lobby", author: { id: null, name: "Ana" }, text: "a" };

function impatient(path: string): Database.Database {
  const db = new Database(path, { timeout: 0 });
  onTestFinished(() => void db.close());
  return db;
}

it("nobody reads or writes it until it is let go, and all of it is in the one file", async () => {
  const path = newPath();
  const store = await open(path);
  await store.log.append(draft);
  await store.close();
  const taken = await takeOver(path, false);
  expect([taken.isKnown, taken.ids.get("messages")]).toEqual([true, 1]);
  expect(() => impatient(path).prepare("SELECT * FROM messages").all()).toThrow(/database is locked/);
  await expect(takeOver(path, true)).rejects.toMatchObject({ code: "storage_busy" });
  for (const ending of ["-wal", "-journal"]) expect(existsSync(path + ending), ending).toBe(false);
  taken.free();
  expect(impatient(path).prepare("SELECT count(*) FROM messages").pluck().get()).toBe(1);
});

it("one idle connection elsewhere is enough to be refused, and goes on undisturbed", async () => {
  const path = newPath();
  await (await open(path)).close();
  const idle = connect(path);
  idle.pragma("journal_mode = WAL");
  expect(idle.prepare("SELECT count(*) FROM messages").pluck().get()).toBe(0);
  await expect(takeOver(path, true)).rejects.toMatchObject({ code: "storage_busy" });
  idle.exec("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Ana', 'a')");
  idle.close();
  const taken = await takeOver(path, false);
  expect(taken.ids.get("messages")).toBe(1);
  taken.free();
});

it("another program's database is refused, and stays in its mode", async () => {
  const path = newPath();
  const music = connect(path);
  music.exec("CREATE TABLE songs (title TEXT)");
  music.pragma("journal_mode = WAL");
  music.close();
  await expect(takeOver(path, true)).rejects.toThrow(/belongs to another program/);
  expect(connect(path).pragma("journal_mode", { simple: true })).toBe("wal");
});
