/** A removed text is gone from SQLite's files, not only from what readers get; in PostgreSQL's it stays, and that is said. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connectPg } from "../support/pg-client.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
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

describe.skipIf(tools.postgres === null)("a text that is removed from PostgreSQL", () => {
  it("is in no row any more, is said to be in the files still, and leaves the table's with VACUUM FULL", async () => {
    const url = await freshDatabase();
    const store = await open(url);
    const id = await say(store, "unspeakable");
    await say(store, "after");
    const client = await connectPg(url);
    await client.query("CREATE EXTENSION pageinspect");
    const inPage = async () => {
      const { rows } = await client.query<{ page: Buffer }>("SELECT get_raw_page('messages', 0) AS page");
      return ["unspeakable", "after"].map((word) => rows[0]?.page.includes(word));
    };
    expect(await store.moderation.remove(id, "owner")).toMatchObject({ author: "Ana", isErased: false });
    expect((await store.log.since("all", 0, 10)).messages.map(({ text }) => text)).toEqual(["", "after", ""]);
    expect(await inPage()).toEqual([true, true]);
    await client.query("VACUUM FULL messages");
    expect(await inPage()).toEqual([false, true]);
  });
});
