import { describe, expect, it } from "vitest";
import { tools } from "../support/tools.js";
import { openBeside } from "./log-beside.js";

const draft = { room: "lobby", author: { id: 7, name: "Ana" }, text: "a" };
const END = Number.MAX_SAFE_INTEGER;

describe.skipIf(tools.postgres === null)("the messages table of a PostgreSQL server", () => {
  it("has its columns in the order that other programs know", async () => {
    const { client } = await openBeside();
    const { rows } = await client.query(
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'messages' ORDER BY ordinal_position",
    );
    const columns = "id room author_name text author_id kind nonce data ref at".split(" ");
    expect(rows.map((row) => row.column_name)).toEqual(columns);
  });

  it("needs room, author name and text; the rest has defaults, also for an explicit NULL", async () => {
    const { log, client } = await openBeside();
    const before = Date.now();
    await client.query("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'a')");
    await client.query(
      "INSERT INTO messages VALUES (DEFAULT, 'lobby', 'Cron', 'a', NULL, NULL, NULL, NULL, NULL, NULL)",
    );
    const { messages } = await log.since("all", 0, 10);
    const from = { id: null, name: "Cron" };
    const rest = { room: "lobby", kind: "message", from, text: "a", nonce: null, data: null, ref: null };
    expect(messages).toEqual([1, 2].map((id) => ({ id, ...rest, at: expect.any(Number) })));
    for (const { at } of messages) {
      expect(at).toBeGreaterThanOrEqual(before - 1);
      expect(at).toBeLessThanOrEqual(Date.now() + 1);
    }
    for (const missing of ["(room, text)", "(author_name, text)", "(room, author_name)"])
      await expect(client.query(`INSERT INTO messages ${missing} VALUES ('a', 'b')`)).rejects.toThrow(
        "not-null",
      );
  });

  it("gives the ids itself: a foreign one is refused, and none changes", async () => {
    const { log, client } = await openBeside();
    await log.append(draft);
    await expect(
      client.query("INSERT INTO messages (id, room, author_name, text) VALUES (9, 'a', 'b', 'c')"),
    ).rejects.toThrow("non-DEFAULT value");
    await expect(client.query("UPDATE messages SET id = DEFAULT")).rejects.toThrow("does not change");
    await expect(
      client.query(
        "BEGIN; INSERT INTO messages (room, author_name, text) VALUES ('a', 'b', 'c'); SELECT 1 / 0",
      ),
    ).rejects.toThrow();
    await client.query("ROLLBACK");
    expect(await log.newest()).toBe(1);
    // Those that were drawn in vain are holes.
    const { message } = await log.append(draft);
    expect(message.id).toBeGreaterThan(2);
    expect(await log.newest()).toBe(message.id);
  });

  it("takes the content of a message that a `delete` names, in the same transaction, whoever inserts it", async () => {
    const { log, client } = await openBeside();
    for (const room of ["lobby", "lobby", "other"]) await log.append({ ...draft, room, data: { a: 1 } });
    await log.append({ ...draft, kind: "delete", text: "", ref: 1 });
    await client.query(
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
    const { log, client } = await openBeside();
    const deep = `{"a":${"[".repeat(4_000)}${"]".repeat(4_000)}}`;
    const rows = [
      "('no such room', '', '', NULL, '', '', '', 0, 'epoch')",
      "('lobby', 'a', repeat('x', 1048576), NULL, 'message', NULL, NULL, NULL, '4713-01-01 BC')",
      "('lobby', 'a', 'b', '\"', 'message', NULL, 'no json', 9223372036854775807, 'infinity')",
      "('lobby', 'a', 'b', '-7', 'message', NULL, '[1]', -9223372036854775808, '-infinity')",
      "('lobby', 'a', 'b', '1e+300', 'message', NULL, 'null', -1, '294276-12-31')",
      `('lobby', 'a', 'b', '007', 'message', NULL, '${deep}', 5, '10000-01-01')`,
      `('lobby', 'a', 'b', '{}', 'message', NULL, '{"__proto__":{"toString":1}}', 5, now())`,
    ];
    for (const row of rows)
      await client.query(
        `INSERT INTO messages (room, author_name, text, author_id, kind, nonce, data, ref, at) VALUES ${row}`,
      );
    const messages = [];
    for (let more = true; more; ) {
      const batch = await log.since("all", messages.at(-1)?.id ?? 0, 3);
      messages.push(...batch.messages);
      more = batch.more;
    }
    expect(messages.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    // What an answer does with each: a time as ISO text, everything as JSON.
    for (const message of messages) {
      expect(new Date(message.at).toISOString()).toMatch(/^\d{4}-/);
      expect(JSON.parse(JSON.stringify(message))).toEqual(message);
      expect(message.ref === null || Number.isSafeInteger(message.ref)).toBe(true);
    }
    expect(messages.map(({ from }) => from.id)).toEqual([null, null, '"', -7, 1e300, "007", "{}"]);
    expect(messages.map(({ data }) => data === null)).toEqual([...Array(6).fill(true), false]);
    const backwards: number[] = [];
    for (let at = END, more = true; more; at = backwards.at(-1) ?? 0) {
      const batch = await log.before(["lobby"], at, 3);
      backwards.push(...batch.messages.map(({ id }) => id).reverse());
      more = batch.more;
    }
    expect(backwards.reverse()).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("refuses a row that no answer could carry, and nobody notices", async () => {
    const { log, client } = await openBeside();
    const insert = (length: number) =>
      client.query(
        `INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', repeat('x', ${length}))`,
      );
    await expect(insert(17_000_000)).rejects.toThrow("row_fits");
    await insert(16_000_000);
    await log.append(draft);
    expect((await log.since("all", 0, 10)).messages.map(({ text }) => text.length)).toEqual([16_000_000]);
    expect((await log.since("all", 2, 10)).messages.map(({ text }) => text)).toEqual(["a"]);
  });

  it("takes rows of a role that may insert, and raise what is the newest, and nothing else", async () => {
    const { log, client } = await openBeside();
    const role = `cron_${process.pid}`;
    await client.query(`CREATE ROLE ${role}; GRANT INSERT ON messages TO ${role};
      GRANT SELECT (newest), UPDATE (newest) ON log TO ${role}; SET ROLE ${role}`);
    try {
      await client.query("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'a')");
      for (const more of ["DELETE FROM messages", "SELECT FROM messages", "SELECT FROM sessions"])
        await expect(client.query(more)).rejects.toThrow("permission denied");
    } finally {
      await client.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
    expect(await log.newest()).toBe(1);
  });
});
