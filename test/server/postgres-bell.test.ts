/** Notifications that do not come: rows of others are found by looking, it is said why, and the bell is mended by itself. */
import pg from "pg";
import { afterAll, describe, expect } from "vitest";
import { createChat } from "../../src/index.js";
import { SECRET } from "../support/fault-scene.js";
import { call, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { nowMs, parkPolls } from "../support/parked.js";
import { startPgBouncer } from "../support/pgbouncer.js";
import type { ServerProcess } from "../support/server.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { startTcpProxy, through } from "../support/tcp-proxy.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";

const DEAF = /no notification of PostgreSQL arrives here.*DATABASE_LISTEN_URL/;
const ends: (() => Promise<unknown>)[] = [];

/** Another program that inserts a row, and the time until a parked poll has it, in ms. */
async function lagOf({ url }: ServerProcess, database: string, text: string): Promise<number> {
  const [poll] = await parkPolls(url, 1);
  const sentAt = await insert(database, text);
  if (!poll) throw new Error("no poll");
  expect(pollBody(await poll.answer).messages).toMatchObject([{ text }]);
  return (await poll.answeredAt) - sentAt;
}

async function insert(database: string, text: string): Promise<number> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  await client.query("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', $1)", [text]);
  const insertedAt = nowMs();
  await client.end();
  return insertedAt;
}

const said = ({ output }: ServerProcess, text: RegExp | string) =>
  until(
    () => output().search(text) !== -1,
    () => `${text} in ${output()}`,
  );

async function lostWakeUps(server: ServerProcess): Promise<number> {
  const [, url = ""] = /metrics are at (http[^"]+)/.exec(server.output()) ?? [];
  const { text } = await call(url);
  return Number(/^parkbench_lost_wakeups_total (\d+)/m.exec(text)?.[1]);
}

describe.skipIf(!tools.postgres)("the bell", { timeout: 60_000 }, () => {
  afterAll(async () => {
    for (const end of ends) await end();
  });

  test.concurrent("whose connection is cut, and cannot be made anew for a while: a row comes within a second or so, then at once again", async ({
    start,
  }) => {
    const database = await freshDatabase();
    const proxy = await startTcpProxy(Number(new URL(database).port));
    ends.push(proxy.close);
    const env = {
      DATABASE_URL: database,
      DATABASE_LISTEN_URL: through(proxy, database),
      SESSION_SECRET: SECRET,
      METRICS_PORT: "0",
    };
    const server = await start({ env });
    const heard = await lagOf(server, database, "heard");
    expect(await lostWakeUps(server)).toBe(0);

    const rightPort = proxy.target;
    proxy.target = 1;
    proxy.cut();
    await said(server, "the connection that hears of new messages is lost");
    const found = await lagOf(server, database, "found");
    expect(found).toBeLessThan(4000);
    expect(await lostWakeUps(server)).toBe(1);

    proxy.target = rightPort;
    await said(server, "are heard of again");
    const again = await lagOf(server, database, "heard again");
    expect(await lostWakeUps(server)).toBe(1);
    console.log(
      `a row of psql, at its poll after: heard ${heard.toFixed()} ms, by looking ${found.toFixed()} ms, heard again ${again.toFixed()} ms`,
    );
    expect(server.output()).not.toMatch(DEAF);
    expect(await server.stop()).toBe(0);
  });

  describe.skipIf(!tools.pgbouncer)("behind PgBouncer", () => {
    const behind = async (poolMode: "session" | "transaction") => {
      const database = await freshDatabase();
      const bouncer = await startPgBouncer(Number(new URL(database).port), poolMode);
      ends.push(bouncer.stop);
      return { database, url: Object.assign(new URL(database), { port: String(bouncer.port) }).href };
    };

    test.concurrent("that lends connections by the transaction is found to be deaf, said to be, and rows come all the same", async ({
      start,
    }) => {
      const { database, url } = await behind("transaction");
      const server = await start({ env: { DATABASE_URL: url, SESSION_SECRET: SECRET } });
      // Nobody listens before somebody waits.
      await parkPolls(server.url, 1);
      await said(server, DEAF);
      const found = await lagOf(server, database, "found");
      expect(found).toBeLessThan(4000);
      expect(server.output().match(new RegExp(DEAF, "g"))).toHaveLength(1);
      console.log(`behind PgBouncer alone, a row of psql is at its poll after ${found.toFixed()} ms`);
    });

    test.concurrent("a chat in a host application listens where databaseListen says", async () => {
      const { database, url } = await behind("transaction");
      const chat = createChat({ database: url, databaseListen: database });
      await chat.ready;
      const heard = chat.follow(["lobby"], 0).next();
      await until(() => chat.stats().parked === 1, "a reader");
      await insert(database, "heard");
      expect((await heard).value).toMatchObject({ messages: [{ text: "heard" }] });
      expect(chat.stats().lostWakeUps).toBe(0);
      await chat.close();
    });

    test.concurrent.for([
      ["transaction", true],
      ["session", false],
    ] as const)(
      "in %s mode, with a direct address to listen at: %s, all is heard, sends and sign-ins work",
      async ([poolMode, isDirect], { start }) => {
        const { database, url } = await behind(poolMode);
        const env = { DATABASE_URL: url, SESSION_SECRET: SECRET, METRICS_PORT: "0" };
        const server = await start({ env: isDirect ? { ...env, DATABASE_LISTEN_URL: database } : env });
        expect((await call(`${server.url}/session`, { form: { name: "Bob" } })).status).toBe(201);
        // More at a time than the pooler has connections, and twice each.
        const forms = Array.from({ length: 30 }, (_, n) => ({
          name: "Ana",
          text: `${n}`,
          nonce: `nonce${n}`,
        }));
        const send = (form: Record<string, string>) => call(`${server.url}/send`, { form });
        const answers = await Promise.all([...forms, ...forms].map(send));
        expect(answers.map(({ status }) => status).toSorted()).toEqual([
          ...forms.map(() => 200),
          ...forms.map(() => 201),
        ]);
        await lagOf(server, database, "heard");
        expect(await lostWakeUps(server)).toBe(0);
        expect((await call(`${server.url}/readyz`)).status).toBe(200);
        expect(server.output()).not.toMatch(DEAF);
        expect(await server.stop()).toBe(0);
      },
    );
  });
});
