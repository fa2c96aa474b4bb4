/** The MessageLog contract on SQLite, and what its tables promise to other programs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/core/limits.js";
import type { Connection, Statement } from "../../src/store/connection.js";
import { MessageReads, roomsSql } from "../../src/store/message-reads-sqlite.js";
import { openStore } from "../../src/store/open.js";
import { tools } from "../support/tools.js";
import { type LogUnderTest, messageLogContract } from "./log-contract.js";
import { connect, newPath, open } from "./places.js";

messageLogContract("SQLite", async (): Promise<LogUnderTest> => {
  const folder = mkdtempSync(join(tmpdir(), "parkbench-log-"));
  const url = join(folder, "chat.db");
  const stores = [await openStore({ url })];
  const foreign = new Database(url, { timeout: 2_000 });
  const insert = foreign.prepare("INSERT INTO messages (room, author_name, text) VALUES (?, 'Cron', ?)");
  const remove = foreign.prepare("DELETE FROM messages WHERE id = ?");
  const another = async () => {
    const store = await openStore({ url });
    stores.push(store);
    return store.log;
  };
  return {
    log: (stores[0] as (typeof stores)[0]).log,
    another,
    reopen: async () => {
      await Promise.all(stores.map((store) => store.close()));
      return another();
    },
    insertForeign: async (rows) =>
      rows.map(({ room, text }) => Number(insert.run(room, text).lastInsertRowid)),
    remove: async (ids) => {
      for (const id of ids) remove.run(id);
    },
    prune: async (room, upto) => {
      const { retention } = stores.at(-1) as (typeof stores)[0];
      while ((await retention.pruneRoom(room, upto)).more);
    },
    dispose: async () => {
      await Promise.all(stores.map((store) => store.close()));
      foreign.close();
      rmSync(folder, { recursive: true });
    },
  };
});

const author = { id: 7, name: "Ana" };
const draft = { room: "lobby", author, text: "a" };

describe("the messages table", () => {
  it("has its columns in the order that other programs know", async () => {
    const path = newPath();
    await open(path);
    const columns = connect(path)
      .prepare("SELECT name FROM pragma_table_info('messages') ORDER BY cid")
      .pluck()
      .all();
    expect(columns).toEqual([
      "id",
      "room",
      "author_name",
      "text",
      "author_id",
      "kind",
      "nonce",
      "data",
      "ref",
      "at",
    ]);
  });

  it("needs room, author name and text; the rest has defaults, also for an explicit NULL", async () => {
    const path = newPath();
    const { log } = await open(path);
    const db = connect(path);
    const before = Date.now();
    db.exec("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'a')");
    db.exec("INSERT INTO messages VALUES (NULL, 'lobby', 'Cron', 'a', NULL, NULL, NULL, NULL, NULL, NULL)");
    const { messages } = await log.since("all", 0, 10);
    for (const [n, { at, ...message }] of messages.entries()) {
      const from = { id: null, name: "Cron" };
      expect(message).toEqual({
        id: n + 1,
        room: "lobby",
        kind: "message",
        from,
        text: "a",
        nonce: null,
        data: null,
        ref: null,
      });
      expect(at).toBeGreaterThanOrEqual(before - 1);
      expect(at).toBeLessThanOrEqual(Date.now() + 1);
    }
    expect(messages).toHaveLength(2);
    for (const missing of ["(room, text)", "(author_name, text)", "(room, author_name)"]) {
      expect(() => db.exec(`INSERT INTO messages ${missing} VALUES ('a', 'b')`)).toThrow("NOT NULL");
    }
  });

  it("keeps whole numbers as such, so that other programs read 7 and not 7.0", async () => {
    const path = newPath();
    const { log } = await open(path);
    for (const id of [7, "7", null, 1.5]) await log.append({ ...draft, author: { id, name: "Ana" }, ref: 1 });
    const types = connect(path)
      .prepare("SELECT typeof(author_id) || typeof(ref) || typeof(at) FROM messages")
      .pluck()
      .all();
    expect(types).toEqual(["integer", "text", "null", "real"].map((type) => `${type}integerinteger`));
    expect((await log.since("all", 0, 10)).messages.map(({ from }) => from.id)).toEqual([7, "7", null, 1.5]);
  });

  it("gives the ids itself: a foreign one that is late, used, negative or far ahead is refused", async () => {
    const path = newPath();
    const { log } = await open(path);
    for (let n = 0; n < 3; n++) await log.append(draft);
    const db = connect(path);
    db.exec("DELETE FROM messages WHERE id IN (2, 3)");
    const insert = db.prepare(
      "INSERT OR REPLACE INTO messages (id, room, author_name, text) VALUES (?, 'lobby', 'Cron', 'a')",
    );
    const refused = [1n, 2n, 3n, 0n, -1n, -(2n ** 63n), 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    for (const id of refused) expect(() => insert.run(id), String(id)).toThrow("leave id out");
    expect(() => db.exec("UPDATE messages SET id = 9 WHERE id = 1")).toThrow("does not change");
    db.exec(
      "INSERT INTO messages (room, author_name, text) VALUES ('a', 'b', 'c'), ('a', 'b', 'd'), ('a', 'b', 'e')",
    );
    insert.run(20);
    expect((await log.append(draft)).message.id).toBe(21);
    expect((await log.since("all", 0, 10)).messages.map(({ id }) => id)).toEqual([1, 4, 5, 6, 20, 21]);
  });

  it("shows readers nothing beyond the last id a cursor can have, should the guard be gone", async () => {
    const path = newPath();
    const { log } = await open(path);
    await log.append(draft);
    const db = connect(path);
    db.exec("DROP TRIGGER messages_id_given");
    const insert = db.prepare(
      "INSERT INTO messages (id, room, author_name, text) VALUES (?, 'lobby', 'Cron', 'a')",
    );
    insert.run(2n ** 53n + 1n);
    for (const batch of [
      await log.since("all", 0, 10),
      await log.since(["lobby"], 0, 10),
      await log.before(["lobby"], 2 ** 53 - 1, 10),
    ]) {
      expect(batch.messages.map(({ id }) => id)).toEqual([1]);
      expect(batch.more).toBe(false);
    }
    expect(await log.newest()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("takes the content of a message that a `delete` names, in the same transaction, whoever inserts it", async () => {
    const path = newPath();
    const { log } = await open(path);
    const db = connect(path);
    for (const room of ["lobby", "lobby", "other"]) await log.append({ ...draft, room, data: { a: 1 } });
    await log.append({ ...draft, kind: "delete", text: "", ref: 1 });
    db.exec(
      "INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('lobby', 'Cron', '', 'delete', 3)",
    );
    const left = (await log.since("all", 0, 3)).messages.map(({ id, text, data }) => [id, text, data]);
    // The third is of another room: who may delete in one room has no say there.
    expect(left).toEqual([
      [1, "", null],
      [2, "a", { a: 1 }],
      [3, "a", { a: 1 }],
    ]);
  });

  it("lets a reader past whatever a foreign row holds", async () => {
    const path = newPath();
    const { log } = await open(path);
    const db = connect(path);
    const deep = `{"a":${"[".repeat(4_000)}${"]".repeat(4_000)}}`;
    const rows = [
      "('lobby', 'a', 'x' || char(0) || 'y', NULL, 'message', NULL, NULL, NULL, 0)",
      "('lobby', CAST(x'ff61' AS TEXT), CAST(x'c328f09f' AS TEXT), NULL, 'message', NULL, NULL, NULL, 0)",
      "('no such room', '', '', NULL, '', '', '', 0, 0)",
      "('lobby', 'a', printf('%.*c', 1048576, 'x'), NULL, 'message', NULL, NULL, NULL, 0)",
      "('lobby', 'a', 'b', x'00ff', 'message', NULL, 'no json', 9223372036854775807, 9223372036854775807)",
      "('lobby', 'a', 'b', -7, 'message', NULL, '[1]', -9223372036854775808, -9223372036854775808)",
      "('lobby', 'a', 'b', 1e300, 'message', NULL, 'null', -1, 253402300800000)",
      `('lobby', 'a', 'b', 'x', 'message', NULL, '${deep}', 5, 1795000000)`,
      `('lobby', 'a', 'b', 'x', 'message', NULL, '{"__proto__":{"a":1},"a":"${"x".repeat(8_192)}"}', 5, 1)`,
      `('lobby', 'a', 'b', 'x', 'message', NULL, '{"__proto__":{"toString":1}}', 5, 1)`,
    ];
    for (const row of rows) {
      db.exec(
        `INSERT INTO messages (room, author_name, text, author_id, kind, nonce, data, ref, at) VALUES ${row}`,
      );
    }
    const messages = [];
    for (;;) {
      const batch = await log.since("all", messages.at(-1)?.id ?? 0, 3);
      messages.push(...batch.messages);
      if (!batch.more) break;
    }
    expect(messages).toHaveLength(rows.length);
    // What an answer does with each: a time as ISO text, everything as JSON.
    for (const message of messages) {
      expect(new Date(message.at).toISOString()).toMatch(/^\d{4}-/);
      expect(JSON.parse(JSON.stringify(message))).toEqual(message);
      expect(message.ref === null || Number.isSafeInteger(message.ref)).toBe(true);
    }
    expect(messages.map(({ text }) => text.slice(0, 6))).toEqual([
      "x\0y",
      "\ufffd(\ufffd",
      "",
      "xxxxxx",
      ..."bbbbbb",
    ]);
    expect(messages[1]?.from.name).toBe("\ufffda");
    expect(messages.map(({ data }) => data === null)).toEqual([...Array(9).fill(true), false]);
    expect(messages.map(({ from }) => from.id)).toEqual([
      null,
      null,
      null,
      null,
      null,
      -7,
      1e300,
      "x",
      "x",
      "x",
    ]);
    const backwards = [];
    for (let at = 100, more = true; more; at = backwards.at(-1) ?? 0) {
      const batch = await log.before(["lobby"], at, 3);
      backwards.push(...batch.messages.map(({ id }) => id).reverse());
      more = batch.more;
    }
    expect(backwards.reverse()).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("refuses a row that no answer could carry, in bytes and not up to the first NUL, and nobody notices", async () => {
    const path = newPath();
    const { log } = await open(path);
    const insert = connect(path).prepare(
      "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', ?)",
    );
    expect(() => insert.run("\0".repeat(17_000_000))).toThrow("row_fits");
    insert.run("x".repeat(16_000_000));
    await log.append(draft);
    expect((await log.since("all", 0, 10)).messages.map(({ text }) => text.length)).toEqual([16_000_000]);
    expect((await log.since("all", 1, 10)).messages.map(({ id }) => id)).toEqual([2]);
  });

  it("reads some rooms by the index: no scan and no sort, however many rooms", async () => {
    const path = newPath();
    await open(path);
    const db = connect(path);
    const plan = (sql: string, values: unknown[]) =>
      (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(
        ({ detail }) => detail,
      );
    const steps = (direction: "since" | "before", places: number) =>
      plan(roomsSql(direction, places), [...Array(places).fill(["lobby", 1]).flat(), 10]);
    for (const direction of ["since", "before"] as const) {
      for (const places of [1, 2, 4, 8, 16, 32]) {
        const searches = steps(direction, places).filter((step) => /SEARCH|SCAN|TEMP/.test(step));
        const sign = direction === "since" ? ">" : "<";
        expect(searches).toHaveLength(places);
        for (const step of searches) {
          expect(step).toContain("SEARCH messages USING INDEX messages_by_room (room=? AND rowid");
          expect(step).toContain(`rowid${sign}?`);
        }
      }
    }
    db.exec("DROP INDEX messages_by_room");
    expect(steps("since", 4).some((step) => /SCAN|rowid>/.test(step))).toBe(true);
    expect(steps("since", 4).join()).not.toContain("room=?");
  });

  it("reads many rooms at one moment: a row that lands between two statements is not passed over", async () => {
    const path = newPath();
    await open(path);
    const other = connect(path);
    const insert = other.prepare("INSERT INTO messages (room, author_name, text) VALUES (?, 'Cron', 'a')");
    const rooms = Array.from({ length: 40 }, (_, n) => `r${n}`);
    insert.run("r0");
    let statements = 0;
    const db = connect(path);
    const reads = readsThatTell(db, () => {
      // After the weights and the rows of the first 32 rooms: into one of them and into one that comes next. A cursor at
      // the second would miss the first.
      if (++statements === 3) for (const room of ["r1", "r39"]) insert.run(room);
    });
    expect(reads.since(rooms, 0, 10).messages.map(({ id }) => id)).toEqual([1]);
    expect(statements).toBe(3);
    expect(reads.since(rooms, 1, 10).messages.map(({ id }) => id)).toEqual([2, 3]);
  });

  it("reads a page at one moment: a row that lands meanwhile pushes none out of it unnoticed", async () => {
    const path = newPath();
    await open(path);
    const other = connect(path);
    const insert = other.prepare("INSERT INTO messages (room, author_name, text) VALUES ('r', 'Cron', 'a')");
    for (let n = 0; n < 3; n++) insert.run();
    let statements = 0;
    const reads = readsThatTell(connect(path), () => {
      if (++statements === 2) insert.run();
    });
    const { messages, more } = reads.before(["r"], Number.MAX_SAFE_INTEGER, 50);
    expect([statements, messages.map(({ id }) => id), more]).toEqual([2, [1, 2, 3], false]);
  });

  it("leaves one file behind when it is closed, with everything in it", async () => {
    const path = newPath();
    const store = await openStore({ url: path });
    for (let n = 0; n < 20; n++) await store.log.append(draft);
    await store.close();
    expect(readdirSync(dirname(path))).toEqual(["chat.db"]);
    expect(connect(path).prepare("SELECT count(*) FROM messages").pluck().get()).toBe(20);
  });
});

describe.skipIf(tools.sqlite3 === null)(
  "the messages table under the sqlite3 program (apt-get install sqlite3)",
  () => {
    const sqlite3 = (path: string, sql: string) =>
      execFileSync(tools.sqlite3 as string, [path, sql], { encoding: "utf8", stdio: "pipe" });

    it("takes a row of room, author name and text, with a time of now", async () => {
      const path = newPath();
      const { log } = await open(path);
      sqlite3(path, "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'Grüße 👋')");
      const [message] = (await log.since(["lobby"], 0, 10)).messages;
      expect(message).toMatchObject({ from: { id: null, name: "Cron" }, text: "Grüße 👋", kind: "message" });
      expect(Math.abs((message?.at ?? 0) - Date.now())).toBeLessThan(5_000);
    });

    it("keeps the guards: ids, removals, size", async () => {
      const path = newPath();
      const { log } = await open(path);
      for (let n = 0; n < 3; n++) await log.append(draft);
      const columns = "(id, room, author_name, text)";
      expect(() =>
        sqlite3(path, `INSERT INTO messages ${columns} VALUES (9e15, 'lobby', 'Cron', 'x')`),
      ).toThrow("leave id out");
      sqlite3(path, "DELETE FROM messages WHERE id = 3");
      expect(() => sqlite3(path, `INSERT INTO messages ${columns} VALUES (3, 'lobby', 'Cron', 'x')`)).toThrow(
        "leave id out",
      );
      sqlite3(
        path,
        "INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('lobby', 'Cron', '', 'delete', 1)",
      );
      expect((await log.since("all", 0, 10)).messages.map(({ id, text }) => [id, text])).toEqual([
        [1, ""],
        [2, "a"],
        [4, ""],
      ]);
      expect(sqlite3(path, "PRAGMA integrity_check; PRAGMA quick_check")).toBe("ok\nok\n");
    });

    it("comes back whole from .dump", async () => {
      const path = newPath();
      const store = await open(path);
      for (let n = 0; n < 3; n++) await store.log.append({ ...draft, nonce: `n${n}` });
      await store.close();
      const copy = newPath();
      execFileSync(tools.sqlite3 as string, [copy], { input: sqlite3(path, ".dump") });
      const { log } = await open(copy);
      expect(log.epoch).toBe(store.log.epoch);
      expect((await log.since("all", 0, 10)).messages).toHaveLength(3);
      expect((await log.append({ ...draft, nonce: "n1" })).outcome).toBe("repeated");
      expect((await log.append(draft)).message.id).toBe(4);
    });
  },
);

/** Reads over a connection that tells before each statement that reads rows. */
function readsThatTell(db: Database.Database, tell: () => void): MessageReads {
  const telling: Connection = {
    inTransaction: false,
    exec: (sql) => db.exec(sql),
    close: () => {},
    prepare: (sql) => {
      const statement = db.prepare(sql);
      const tellingOne: Statement = {
        run: (...values) => statement.run(...values),
        get: (...values) => statement.get(...values),
        all: (...values) => {
          tell();
          return statement.all(...values);
        },
        raw() {
          statement.raw();
          return tellingOne;
        },
      };
      return tellingOne;
    },
  };
  return new MessageReads(telling, LIMITS.answerBytesMax);
}
