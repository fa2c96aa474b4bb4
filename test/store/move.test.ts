/** What a move brings to PostgreSQL, what it does with what that cannot keep, and when it says that it is verified. */
import Database from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import { noNotes } from "../../src/store/move-row.js";
import { MoveSource } from "../../src/store/move-source.js";
import { type MovedTable, NOT_MOVED, TABLES } from "../../src/store/move-tables.js";
import { openStore } from "../../src/store/open.js";
import { ask } from "../support/ask.js";
import { startWire } from "../support/counting-wire.js";
import { aLog } from "../support/moves.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

// Each makes a database or two.
vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(tools.postgres === null)("a move to PostgreSQL", () => {
  it("leaves no table of SQLite behind, and no column", async () => {
    const db = new Database((await aLog()).path);
    const names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    const tables = db.prepare(names).pluck().all();
    expect([...TABLES.map(({ name }) => name), ...NOT_MOVED].sort()).toEqual(tables.sort());
    for (const { name, columns } of TABLES) {
      const there = db.prepare("SELECT name FROM pragma_table_info(?) ORDER BY cid").pluck().all(name);
      expect(Object.keys(columns), name).toEqual(there);
    }
    db.close();
  });

  it("brings every row with its id, the epoch, and ids that go on above all that were given", async () => {
    const log = await aLog();
    const url = await freshDatabase();
    const before = await openStore({ url: log.path });
    const { epoch } = before.log;
    const { messages } = await before.log.since("all", 0, 100);
    await before.close();
    const moved = await log.move(url);
    expect(moved).toMatchObject({ outcome: "moved", notes: { nuls: 0, times: 0, authors: 0, leftOut: 0 } });
    const { rows } = moved;
    expect(Object.fromEntries(rows)).toEqual({
      rooms: 2,
      users: 2,
      sessions: 2,
      control: 1,
      restrictions: 1,
      moderator_codes: 1,
      moderators: 1,
      audit: 1,
      pruned: 2,
      pruned_nonces: 2,
      nonces: 3,
      messages: 5,
    });
    const after = await openStore({ url });
    expect(after.log.epoch).toBe(epoch);
    expect((await after.log.since("all", 0, 100)).messages).toEqual(messages);
    expect(messages.map(({ id, text }) => [id, text])).toEqual([
      [1, "one"],
      [2, "two 😀"],
      [3, ""],
      [4, "four"],
      [5, ""],
    ]);
    // The newest was deleted: its id is not given again, and nobody is sent back.
    expect(await after.log.newest()).toBe(6);
    const draft = { room: "lobby", author: { id: 1, name: "Ana" }, text: "seven" };
    expect(await after.log.append(draft)).toMatchObject({ message: { id: 7 } });
    expect(await after.log.append({ ...draft, text: "one", nonce: "n1" })).toMatchObject({
      outcome: "repeated",
      message: { id: 1 },
    });
    expect((await after.users.create({ shown: "Cy", folded: "cy" })).id).toBe(4);
    expect(await after.rooms.find("garden")).toMatchObject({ title: "Garden", closed: true, slowS: 30 });
    expect(await after.control.newest()).toBe(1);
    await after.close();
    const [next] = await ask(
      url,
      "INSERT INTO restrictions (kind, subject_kind, subject, created_by) VALUES ('ban', 'name', 'y', 'owner') RETURNING id",
    );
    expect(next?.id).toBe("3");
    expect((await ask(url, "SELECT created_by FROM rooms WHERE name = 'garden'"))[0]).toEqual({
      created_by: "1",
    });
    // Another program's row that says "removed" works again, as all triggers do.
    await ask(
      url,
      "INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('garden', '', '', 'delete', 2)",
    );
    expect(await ask(url, "SELECT text, data FROM messages WHERE id = 2")).toEqual([
      { text: "", data: null },
    ]);
  });

  it("does not let a row that says removed blank one that had its text", async () => {
    // It was there before the row that it means, or that was written anew since.
    const log = await aLog(
      "INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('lobby', '', '', 'delete', 8);" +
        "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Ana', 'kept')",
    );
    const url = await freshDatabase();
    await log.move(url);
    expect(await ask(url, "SELECT text FROM messages WHERE id = 8")).toEqual([{ text: "kept" }]);
  });

  it("brings what no program should have written, and says what PostgreSQL cannot keep", async () => {
    const log = await aLog(`
      INSERT INTO messages (room, author_name, text, author_id, at) VALUES
        ('lo' || char(0) || 'bby', 'NUL', 'a' || char(0) || 'b', x'0102', -5), ('lobby', 'late', 'x', 7.5, 9000000000000000),
        ('lobby', 'bytes', CAST(x'61ff62' AS TEXT), 9e999, 0), ('lobby', 'far', 'x', 4611686018427387904, 253402300799999);
      UPDATE messages SET ref = 9223372036854775807 WHERE author_name = 'far';
      INSERT INTO nonces VALUES ('a:' || char(0), 'n', 1), (CAST(x'ff' AS TEXT), 'n', 1), (CAST(x'fe' AS TEXT), 'n', 1);
      INSERT INTO pruned VALUES (CAST(x'ff' AS TEXT), 1)`);
    const url = await freshDatabase();
    const before = await openStore({ url: log.path });
    const was = (await before.log.since("all", 6, 100)).messages;
    await before.close();
    const { notes, rows } = await log.move(url);
    expect(notes).toMatchObject({ nuls: 2, times: 2, authors: 1, leftOut: 4 });
    expect(notes.leftOutNames).toEqual([
      'pruned "\uFFFD"',
      'nonces "a:\\u0000" "n"',
      'nonces "\uFFFD" "n"',
      'nonces "\uFFFD" "n"',
    ]);
    expect([rows.get("nonces"), rows.get("pruned")]).toEqual([3, 2]);
    const after = await openStore({ url });
    const is = (await after.log.since("all", 6, 100)).messages;
    await after.close();
    // But for the NUL, readers get what they have always got. An id without a number was null on the wire as well.
    const mended = JSON.stringify(was).replaceAll("\\u0000", "\uFFFD");
    expect(JSON.stringify(is).replace('"id":"Infinity"', '"id":null')).toBe(mended);
    expect(was[1]?.at).toBe(253_402_300_799_999);
  });

  it("names the row that PostgreSQL does not take, and goes on when that is mended", async () => {
    const log = await aLog("UPDATE rooms SET slow_s = 3000000000 WHERE name = 'garden'");
    const url = await freshDatabase();
    await expect(log.move(url)).rejects.toThrow(
      /does not take the row rooms "garden": integer out of range\. Mend or delete it/,
    );
    log.change("UPDATE rooms SET slow_s = 3 WHERE name = 'garden'");
    expect(await log.move(url)).toMatchObject({ outcome: "moved" });
  });

  it("holds a few megabytes at a time, however long the rows", async () => {
    const log = await aLog(
      "INSERT INTO messages (room, author_name, text) SELECT 'lobby', 'big', hex(zeroblob(750000)) FROM (VALUES (1), (2), (3), (4))",
    );
    const source = await MoveSource.open(log.path, false);
    const table = TABLES.find(({ name }) => name === "messages") as MovedTable;
    const pull = source.rows(table, noNotes());
    const pages = [await pull(), await pull(), await pull()];
    source.close();
    // Five small ones, and as many of 1.5 MB as stay below 4 MiB.
    expect(pages.map(({ length }) => length)).toEqual([7, 2, 0]);
    const url = await freshDatabase();
    await log.move(url);
    const sizes = "SELECT octet_length(text) AS size FROM messages WHERE author_name = 'big'";
    expect(await ask(url, sizes)).toEqual(Array(4).fill({ size: 1_500_000 }));
  });

  describe("is not verified", () => {
    const MARK = "UPDATE parkbench_moving";

    it.each([
      ["a row that was changed", "UPDATE messages SET text = 'other' WHERE id = 2", /the row messages 2 is/],
      ["a row that is gone", "DELETE FROM nonces WHERE nonce = 'n2'", /the row nonces "a:Ω" "n2" is/],
      ["a row too many", "INSERT INTO pruned VALUES ('more', 1)", /the row pruned "more" is/],
      [
        "a time off by a millisecond",
        "UPDATE messages SET at = at + interval '1 ms' WHERE id = 4",
        /messages 4 is/,
      ],
      ["null in the place of nothing", "UPDATE messages SET data = '' WHERE id = 1", /messages 1 is/],
    ])("with %s, and nothing is switched", async (_, sql, says) => {
      const log = await aLog();
      const url = await freshDatabase();
      const address = new URL(url);
      let changes = 0;
      // All has been copied when it says so; nothing is locked yet.
      const wire = await startWire(Number(address.port), async (piece) => {
        if (!piece.includes(MARK)) return true;
        await ask(url, sql);
        changes += 1;
        return true;
      });
      address.port = String(wire.port);
      // Another program was there at that moment, and is known to be no server.
      await expect(log.move(address.href, { isStopped: true })).rejects.toThrow(says);
      await wire.close();
      expect(changes).toBe(1);
      await expect(openStore({ url })).rejects.toThrow(/A log is moving into/);
      await (await openStore({ url: log.path })).close();
      // Run again, it mends what was not the same.
      expect(await log.move(url, { isStopped: true })).toMatchObject({ outcome: "moved", written: 1 });
    });
  });
});
