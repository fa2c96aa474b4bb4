/** The database file deleted or replaced under the running server: no false word to anybody, and a clear end. */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import { type Answer, call, codeOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import type { ServerProcess } from "../support/server.js";

/** The server looks every second; the rest is the stop, and a busy machine. */
const NOTICED_MS_MAX = 3_000;

const LOST =
  /"level":60,.*"msg":"stopping: The database \S+ \(or its -wal\) was deleted or replaced while it was in use\./;

/** A whole database of its own, with the server's tables and one message of another history. */
function makeOther(database: string): string {
  const other = `${database}.other`;
  const db = new Database(database, { readonly: true });
  db.exec(`VACUUM INTO '${other}'`);
  db.close();
  const copy = new Database(other);
  copy.exec(
    "DELETE FROM messages; INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Restore', 'restored')",
  );
  copy.close();
  return other;
}

/** What may happen to the file, and whether the file that was open is still to be found, and where. */
const MISHAPS: readonly [string, (database: string) => { movedTo?: string }][] = [
  [
    "deleted",
    (database) => {
      rmSync(database);
      return {};
    },
  ],
  [
    "moved away",
    (database) => {
      renameSync(database, `${database}.moved`);
      return { movedTo: `${database}.moved` };
    },
  ],
  [
    "replaced by a rename",
    (database) => {
      renameSync(`${database}.other`, database);
      return {};
    },
  ],
  [
    "robbed of its -wal",
    (database) => {
      rmSync(`${database}-wal`);
      return {};
    },
  ],
];

async function expectLost(server: ServerProcess, since: number): Promise<void> {
  expect(await server.exited).toBe(1);
  expect(performance.now() - since).toBeLessThan(NOTICED_MS_MAX);
  expect(server.output()).toMatch(LOST);
}

function textsIn(database: string): unknown[] {
  const db = new Database(database, { readonly: true });
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    return db.prepare("SELECT text FROM messages ORDER BY id").pluck().all();
  } finally {
    db.close();
  }
}

function send({ url }: ServerProcess, text: string): Promise<Answer> {
  return call(`${url}/send`, { form: { name: "Ana", text } });
}

describe.concurrent.each(MISHAPS)("the file is %s", (_, mishap) => {
  test("while nobody sends: parked polls are answered, and the server ends with a clear text", async ({
    start,
    agent,
  }) => {
    const server = await start();
    makeOther(server.database);
    const polls = await parkPolls(server.url, 5, "wait=45", { agent });
    mishap(server.database);
    const since = performance.now();
    for (const { answer } of polls) {
      const { status, headers } = await answer;
      expect({ status, connection: headers.connection }).toEqual({ status: 200, connection: "close" });
      expect(pollBody(await answer).messages).toEqual([]);
    }
    await expectLost(server, since);
  });

  test("the very next send is refused: 503, and nobody is shown its text", async ({ start }) => {
    const server = await start();
    makeOther(server.database);
    const [poll] = await parkPolls(server.url, 1);
    mishap(server.database);
    const since = performance.now();
    const refused = await send(server, "into nothing");
    expect(refused.status).toBe(503);
    expect(codeOf(refused)).toBe("storage_lost");
    expect(refused.headers["retry-after"]).toBeDefined();
    expect(poll && pollBody(await poll.answer).messages).toEqual([]);
    await expectLost(server, since);
  });

  test("under sends: none that begins afterwards is acknowledged", async ({ start, agent }) => {
    const server = await start();
    makeOther(server.database);
    const taken: { text: string; begunAt: number }[] = [];
    let lostAt = Number.POSITIVE_INFINITY;
    let moved: string | undefined;
    let refused = 0;
    const write = async (writer: string) => {
      for (let n = 0; ; n++) {
        const [text, begunAt] = [`${writer} ${n}`, performance.now()];
        const answer = await call(`${server.url}/send`, { form: { name: writer, text }, agent }).catch(
          () => null,
        );
        if (answer === null) return;
        if (answer.status === 201) taken.push({ text, begunAt });
        else refused += 1;
        if (taken.length === 50 && lostAt === Number.POSITIVE_INFINITY) {
          moved = mishap(server.database).movedTo;
          lostAt = performance.now();
        }
      }
    };
    await Promise.all(["a", "b", "c", "d"].map(write));
    await expectLost(server, lostAt);
    expect(taken.length).toBeGreaterThanOrEqual(50);
    expect(refused).toBeGreaterThan(0);
    expect(taken.filter(({ begunAt }) => begunAt > lostAt)).toEqual([]);
    // Whoever moved the file has all of it: what was acknowledged before is in it, not in a -wal that stayed behind.
    if (moved !== undefined)
      expect(textsIn(moved)).toEqual(expect.arrayContaining(taken.map(({ text }) => text)));
  });
});

test("a file that took the place of the open one is left as it is, also by the server's end", async ({
  start,
}) => {
  const server = await start();
  await send(server, "of the old one");
  const other = makeOther(server.database);
  renameSync(other, server.database);
  expect((await send(server, "into nothing")).status).toBe(503);
  expect(await server.exited).toBe(1);
  expect(textsIn(server.database)).toEqual(["restored"]);
  const again = await start();
  expect(pollBody(await call(`${again.url}/poll`)).messages).toMatchObject([{ text: "restored" }]);
});

test("the whole folder is deleted: the server ends with a clear text", async ({ start, folder }) => {
  const server = await start({ env: { DATABASE_URL: join(folder, "data", "chat.db") } });
  rmSync(join(folder, "data"), { recursive: true });
  await expectLost(server, performance.now());
});

test("negative twin: a copy made beside the file, and a file touched and read, are no reason to end", async ({
  start,
}) => {
  const server = await start();
  makeOther(server.database);
  const texts: string[] = [];
  // As long as a loss would have taken to be noticed.
  for (const until = performance.now() + 1_500; performance.now() < until; ) {
    texts.push(`still here ${texts.length}`);
    expect((await send(server, texts.at(-1) ?? "")).status).toBe(201);
    expect(textsIn(server.database)).toHaveLength(texts.length);
  }
  expect(await server.stop()).toBe(0);
});
