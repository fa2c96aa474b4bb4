import { describe, expect, it, onTestFinished } from "vitest";
import { tools } from "../support/tools.js";
import { openBeside } from "./log-beside.js";

const draft = { room: "lobby", author: { id: 7, name: "Ana" }, text: "a" };

describe.skipIf(tools.postgres === null)("the ids of a PostgreSQL server", () => {
  it("refuses an id that is given past GENERATED ALWAYS, below the newest or above it, and goes on", async () => {
    const { log, client } = await openBeside();
    for (let times = 0; times < 3; times++) await log.append(draft);
    const insert = "INSERT INTO messages (id, room, author_name, text) OVERRIDING SYSTEM VALUE VALUES";
    const own = "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'own')";
    await client.query("DELETE FROM messages WHERE id = 2");
    for (const statements of [
      `${insert} (2, 'lobby', 'Cron', 'late')`,
      `${insert} (-1, 'lobby', 'Cron', 'late')`,
      // All that is sent from then on would be below what readers have.
      `${insert} (3000, 'lobby', 'Cron', 'early')`,
      `${own}; ${insert} (2, 'lobby', 'Cron', 'late')`,
      `SAVEPOINT a; ${own}; ROLLBACK TO a; ${insert} (2, 'lobby', 'Cron', 'late')`,
    ]) {
      await expect(client.query(`BEGIN; ${statements}; COMMIT`)).rejects.toThrow("leave id out");
      await client.query("ROLLBACK");
    }
    // Several statements of one transaction, and a bot's trigger that answers in the middle of one, are nothing of the kind.
    await client.query(`CREATE FUNCTION answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Bot', 'Hello.'); RETURN NULL;
      END $$;
      CREATE TRIGGER answers AFTER INSERT ON messages FOR EACH ROW WHEN (NEW.author_name <> 'Bot') EXECUTE FUNCTION answer()`);
    onTestFinished(async () => void (await client.query("DROP FUNCTION answer CASCADE")));
    await client.query(`BEGIN; ${own}; SAVEPOINT a; ${own}; ROLLBACK TO a; ${own}; COMMIT`);
    const { message } = await log.append(draft);
    const after = (await log.since("all", 3, 10)).messages;
    expect(after.map(({ from, text }) => `${from.name}: ${text}`)).toEqual([
      "Cron: own",
      "Bot: Hello.",
      "Cron: own",
      "Bot: Hello.",
      "Ana: a",
      "Bot: Hello.",
    ]);
    expect([after.at(-2)?.id, after.at(-1)?.id]).toEqual([message.id, await log.newest()]);
  });

  it("are no matter to a program whose transactions see the log as it was", async () => {
    const { log, client } = await openBeside();
    for (const isolation of ["REPEATABLE READ", "SERIALIZABLE"]) {
      await client.query(`BEGIN ISOLATION LEVEL ${isolation}; SELECT count(*) FROM messages`);
      const { message } = await log.append(draft);
      await client.query(
        "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'a'); COMMIT",
      );
      expect(await log.newest()).toBe(message.id + 1);
    }
  });

  it("are those of the newest that ever was, whatever is deleted by whom", async () => {
    const { log, client } = await openBeside();
    for (let times = 0; times < 5; times++) await log.append(draft);
    for (const id of [2, 5, 4, 3, 1]) {
      await client.query(`DELETE FROM messages WHERE id = ${id}`);
      expect(await log.newest()).toBe(5);
    }
    await log.append(draft);
    await client.query("DELETE FROM messages WHERE id < 0");
    await client.query("TRUNCATE messages");
    expect(await log.newest()).toBe(6);
  });

  it("never gives an id again, nor one that readers have passed, after TRUNCATE ... RESTART IDENTITY", async () => {
    const { log, client } = await openBeside();
    for (let times = 0; times < 3; times++) await log.append(draft);
    await client.query("TRUNCATE messages RESTART IDENTITY");
    expect((await log.append(draft)).message.id).toBe(4);
    await client.query("TRUNCATE messages RESTART IDENTITY");
    await client.query("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'a')");
    expect((await log.since("all", 0, 10)).messages.map(({ id }) => id)).toEqual([5]);
    await client.query("DELETE FROM messages WHERE id < 5; ALTER SEQUENCE messages_id_seq RESTART");
    expect((await log.append(draft)).message.id).toBe(6);
    expect(await log.newest()).toBe(6);
  });
});
