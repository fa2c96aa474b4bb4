/** A removed text is gone from the database's files, not only from what readers get. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connect, newPath, open, say } from "./places.js";

describe("a removed text", () => {
  const LONG = `unspeakable ${"z".repeat(9000)}`;
  it.each([
    ["short", "unspeakable", false],
    ["of several pages", LONG, false],
    ["short, in the file itself", "unspeakable", true],
    ["of several pages, in the file itself", LONG, true],
  ])("that is %s is in none of the files any more", async (_, text, isMoved) => {
    const path = newPath();
    const [store, other] = [await open(path), await open(path)];
    await say(store, "before");
    const id = await say(store, text);
    await say(store, "after");
    if (isMoved) connect(path).pragma("wal_checkpoint(TRUNCATE)");
    const found = (word: string) => [path, `${path}-wal`].some((file) => readFileSync(file).includes(word));
    expect([found("unspeakable"), found("after")]).toEqual([true, true]);
    expect(await other.moderation.remove(id, "owner")).toMatchObject({ isErased: true });
    expect([found("unspeakable"), found("after")]).toEqual([false, true]);
  });

  it("is said to be there still while somebody else is reading", async () => {
    const path = newPath();
    const store = await open(path);
    const id = await say(store, "unspeakable");
    const reader = connect(path);
    reader.exec("BEGIN");
    reader.prepare("SELECT * FROM messages").all();
    expect(await store.moderation.remove(id, "owner")).toMatchObject({ isErased: false });
    reader.exec("COMMIT");
  });
});
