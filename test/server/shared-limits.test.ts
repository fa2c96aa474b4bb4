/** Limits hold for all processes together: the workers of a machine, and servers on one PostgreSQL. */
import { Agent } from "node:http";
import { describe, expect } from "vitest";
import { from } from "../support/from.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { cookieIn } from "../support/member.js";
import { test } from "../support/own-server.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";

const MAX = 10;
const env = {
  TRUST_PROXY: "1",
  LIMIT_SENDS_PER_ADDRESS: String(MAX),
  LIMIT_SIGNINS_PER_ADDRESS: String(MAX),
  LIMIT_PARKED_PER_ADDRESS: String(MAX),
};
const [HERE, ELSEWHERE] = ["203.0.113.1", "203.0.113.2"];

const send = (url: string, address: string, name = "Ana") =>
  call(`${url}/send`, { form: { name, text: "hi" }, headers: from(address) });
const signIn = (url: string, address: string, name: string) =>
  call(`${url}/session`, { form: { name }, headers: from(address) });
/** Twice as many as fit, at once, each by a connection of its own. */
const tooMany = (act: (n: number) => Promise<{ status: number }>) =>
  Promise.all(Array.from({ length: 2 * MAX }, (_, n) => act(n).then(({ status }) => status)));
const countOf = (statuses: readonly number[], status: number) =>
  statuses.filter((one) => one === status).length;

/** Several processes each, on a machine that has other things to do. */
const options = { timeout: 60_000 };

describe("two workers on one file", options, () => {
  test("store together as many messages of an address as one would, sign as many in, park as many, and take five guesses", async ({
    start,
  }) => {
    const { url } = await start({ env: { ...env, WORKERS: "2" } });
    const sent = await tooMany(() => send(url, HERE));
    expect([countOf(sent, 201), countOf(sent, 429)]).toEqual([MAX, MAX]);
    expect((await send(url, ELSEWHERE)).status).toBe(201);
    const signedIn = await tooMany((n) => signIn(url, HERE, `Name ${n}`));
    expect([countOf(signedIn, 201), countOf(signedIn, 429)]).toEqual([MAX, MAX]);
    const somebody = await signIn(url, ELSEWHERE, "Somebody");
    expect(somebody.status).toBe(201);
    const cookie = cookieIn(somebody.headers["set-cookie"]);
    const { token } = JSON.parse(somebody.text) as { token: string };
    const form = { act: "code", code: "WRONG-CODE", token };
    const guessed = await tooMany(() =>
      call(`${url}/moderation`, { form, headers: { cookie, ...from(ELSEWHERE) } }),
    );
    expect(countOf(guessed, 429)).toBe(2 * MAX - 5);

    // A connection for each, which the workers share.
    const agent = new Agent();
    const poll = (address: string, waitS: number) =>
      call(`${url}/poll?since=now&wait=${waitS}`, { headers: from(address), agent });
    const parked = Array.from({ length: MAX }, () => poll(HERE, 45).catch(() => null));
    const isFull = async (address: string) => pollBody(await poll(address, 1)).retry === 1000;
    const areFull = async (address: string) =>
      (await Promise.all(Array.from({ length: 6 }, () => isFull(address)))).every(Boolean);
    await expect.poll(() => areFull(HERE), { timeout: 15_000, interval: 1 }).toBe(true);
    expect(await isFull(ELSEWHERE)).toBe(false);
    agent.destroy();
    await Promise.all(parked);
  });

  test("store messages also while the primary does not answer, and one waits no longer than for a second", async ({
    start,
    agent,
  }) => {
    const server = await start({ env: { ...env, WORKERS: "2" } });
    const sendKept = () =>
      call(`${server.url}/send`, { form: { name: "Ana", text: "hi" }, headers: from(HERE), agent });
    // The connection is with a worker from now on.
    expect((await sendKept()).status).toBe(201);
    expect(server.output()).not.toContain("by this process alone");
    server.child.kill("SIGSTOP");
    try {
      for (let n = 0; n < 3; n++) expect((await sendKept()).status).toBe(201);
      await until(() => server.output().includes("by this process alone"), "a line that says so");
    } finally {
      server.child.kill("SIGCONT");
    }
  });
});

describe.skipIf(tools.postgres === null)("two servers on one PostgreSQL", options, () => {
  test("count sends together, and a send at either is refused", async ({ start }) => {
    const database = { DATABASE_URL: await freshDatabase(), SESSION_SECRET: "shared by both servers" };
    const [a, b] = [
      await start({ env: { ...env, ...database } }),
      await start({ env: { ...env, ...database } }),
    ];
    const sent = await tooMany((n) => send(n % 2 ? a.url : b.url, HERE));
    expect([countOf(sent, 201), countOf(sent, 429)]).toEqual([MAX, MAX]);
    for (const { url } of [a, b]) {
      const refused = await send(url, HERE);
      expect([refused.status, codeOf(refused)]).toEqual([429, "too_many_sends"]);
      expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(10);
      expect((await send(url, ELSEWHERE)).status).toBe(201);
    }
    for (let n = 0; n < MAX; n++) expect((await signIn(a.url, HERE, `Name ${n}`)).status).toBe(201);
    expect((await signIn(b.url, HERE, "One more")).status).toBe(429);
    expect((await signIn(b.url, ELSEWHERE, "Somebody")).status).toBe(201);
  });
});
