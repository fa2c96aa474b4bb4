/** What PostgreSQL is asked for: nothing by a poll at the newest row, and little by a send. Counted on the wire. */
import { randomUUID } from "node:crypto";
import { afterEach, describe, expect } from "vitest";
import { readOld, SECRET } from "../support/fault-scene.js";
import { type Answer, call, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { test } from "../support/own-server.js";
import { endOf, hasReadAll } from "../support/parked.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { openStream } from "../support/sse-reader.js";
import { startTcpProxy, type TcpProxy, through } from "../support/tcp-proxy.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";

const CLIENTS = 50;
const POLLS = 20;
/** The tail's look, twice a second while somebody waits: one for all of them. */
const LOOK = "SELECT greatest(newest, (SELECT max(id) FROM messages)), control_newest, epoch FROM log";
const LOOK_MS = 500;
/** Of the connection that listens, every 15 s. */
const PING = "SELECT 1";

/** Each limit that counts a send would be one more. */
const NO_LIMITS = { LIMIT_PARKED_PER_ADDRESS: "0", LIMIT_SENDS_PER_SESSION: "0" };

const leaves: (() => void)[] = [];
let proxy: TcpProxy;

const dbTest = test.extend<{ readonly url: string }>({
  url: async ({ start }, use) => {
    const database = await freshDatabase();
    proxy = await startTcpProxy(Number(new URL(database).port));
    const { url } = await start({
      env: { DATABASE_URL: through(proxy, database), SESSION_SECRET: SECRET, ...NO_LIMITS },
    });
    await use(url);
  },
});

const asked = (): readonly string[] => proxy.statements.filter((sql) => sql !== LOOK && sql !== PING);

/** What was asked for during a job. */
async function during(
  job: () => Promise<unknown>,
): Promise<{ asked: readonly string[]; looks: number; ms: number }> {
  const [before, all, startedAt] = [asked().length, proxy.statements.length, performance.now()];
  await job();
  const now = asked().slice(before);
  return {
    asked: now,
    looks: proxy.statements.length - all - now.length,
    ms: performance.now() - startedAt,
  };
}

/** Somebody who waits all the time, so that the log is followed. */
async function follow(url: string): Promise<void> {
  const { leave } = await openStream(`${url}/events`);
  leaves.push(leave);
}

/** Resolves when two looks have come with nothing else between them: all that a first reader starts is over. */
async function quietDown(): Promise<void> {
  const looks = () => proxy.statements.length - asked().length;
  for (let before = -1; before !== asked().length; ) {
    before = asked().length;
    const from = looks();
    await until(() => looks() >= from + 2, "two looks");
  }
}

/** In each round everybody's poll ends the wait of their poll before. */
async function pollAgainAndAgain(url: string, since: string, count: number, headers = {}): Promise<void> {
  let last: Promise<Answer>[] = [];
  for (let round = 0; round < POLLS; round++) {
    const polls = Array.from({ length: count }, (_, n) =>
      call(`${url}/poll?since=${since}&wait=45&client=c${n}`, { headers }),
    );
    await hasReadAll(url);
    for (const answer of await Promise.all(last))
      expect(pollBody(answer)).toMatchObject({ messages: [], next: since });
    last = polls;
  }
  for (const poll of last) poll.catch(() => {});
}

describe.skipIf(!tools.postgres)("what a server asks PostgreSQL for", { timeout: 60_000 }, () => {
  afterEach(async () => {
    for (const leave of leaves.splice(0)) leave();
    await proxy?.close();
  });

  dbTest(
    `${CLIENTS} clients that poll ${POLLS} times at the newest row cost no statement`,
    async ({ url }) => {
      await call(`${url}/send`, { form: { name: "Ana", text: "a" } });
      // Somebody waits, and the room is known to be quiet.
      await follow(url);
      await quietDown();
      const since = await endOf(url);
      const quiet = await during(() => pollAgainAndAgain(url, since, CLIENTS));
      console.log(
        `${CLIENTS * POLLS} polls in ${quiet.ms.toFixed()} ms: ${quiet.asked.length} statements, ${quiet.looks} looks`,
      );
      expect(quiet.asked).toEqual([]);
      expect(quiet.looks).toBeLessThanOrEqual(quiet.ms / LOOK_MS + 2);
      // What does cost one is seen.
      expect((await during(() => readOld({ url } as never))).asked.length).toBeGreaterThan(0);
    },
  );

  dbTest(
    "clients who are signed in cost a read of their session in a second, however often they poll",
    async ({ url }) => {
      const { cookie } = await signIn(url, "Bob");
      await follow(url);
      await quietDown();
      const since = await endOf(url);
      const polls = await during(() => pollAgainAndAgain(url, since, 1, { cookie }));
      expect(polls.asked.length).toBeGreaterThan(0);
      expect(polls.asked.every((sql) => sql.includes("FROM sessions"))).toBe(true);
      // On a busy machine the second poll may come while the session is still being read for the first.
      expect(polls.asked.length).toBeLessThanOrEqual(polls.ms / 1000 + 2);
    },
  );

  dbTest("a send waits for a look at the name and for the row, and no more", async ({ url }) => {
    const { cookie, token } = await signIn(url, "Bob");
    await follow(url);
    const send = (form: Record<string, string>, headers = {}) =>
      call(`${url}/send`, { form: { nonce: randomUUID(), text: "a", ...form }, headers });
    const kinds = (statements: readonly string[]) =>
      statements
        .map(
          (sql) =>
            /parkbench_append|NOTIFY|FROM users|FROM nonces|FROM rooms|FROM sessions/.exec(sql)?.[0] ?? sql,
        )
        // The tail reads the row itself, and control rows, on its bell.
        .filter((sql) => !/FROM messages|FROM control/.test(sql))
        .toSorted();
    for (const [who, form, headers] of [
      ["guest", { name: "Ana" }, {}],
      ["member", { token }, { cookie }],
    ] as const) {
      let fewest: readonly string[] | null = null;
      let nonce = "";
      // What it reads of session and room is kept for a second: most of these have that.
      for (let n = 0; n < 6; n++) {
        nonce = randomUUID();
        const { asked } = await during(async () => {
          expect((await send({ ...form, nonce }, headers)).status).toBe(201);
        });
        const its = kinds(asked).filter((kind) => kind !== "NOTIFY");
        if (fewest === null || its.length < fewest.length) fewest = its;
      }
      console.log(`a send by a ${who}, until its answer: ${fewest?.join(", ")}`);
      expect(fewest).toEqual(["FROM users", "parkbench_append"]);
      expect((await send({ ...form, nonce }, headers)).status).toBe(200);
    }
  });
});
