/** Parked polls are answered early, empty and with a retry: for a newer poll, over the cap, and when the server stops. */
import { Agent } from "node:http";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { signIn } from "../support/member.js";
import { type Standalone, standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { type Bench, benchOf, nobodyWaits, park, send } from "../support/waiting.js";

const HOUSE = { limits: { parkedMax: 3 }, trustProxy: 1 } as const;

describe("a newer poll", () => {
  const app = standalone(HOUSE);
  const bench = () => benchOf(app());
  const asClient = (client: string) => `/poll?since=now&client=${client}`;

  afterEach(async () => {
    app().server.closeAllConnections();
    await nobodyWaits(bench());
  });

  /** Sends a second poll and tells which of the two waits once both have been dealt with. */
  async function afterASecond(
    first: readonly [client: string, headers?: Record<string, string>],
    second: readonly [client: string, headers?: Record<string, string>],
  ) {
    const older = await park(bench(), asClient(first[0]), { headers: first[1] ?? {} });
    const newer = send(bench(), asClient(second[0]), { headers: second[1] ?? {} });
    await until(() => older.isAnswered() || bench().parked() === 2, "the second poll parked");
    expect(newer.isAnswered()).toBe(false);
    return { older, newer };
  }

  it("with the same client releases the older: 200, empty, with a retry, and its cursor kept", async () => {
    const { older, newer } = await afterASecond(["tab-1"], ["tab-1"]);
    const { status } = await older.answer;
    expect(status).toBe(200);
    expect(await older.body).toMatchObject({ messages: [], retry: 1000, next: expect.stringMatching(/^0-/) });
    expect(bench().parked()).toBe(1);
    const id = await say(app().url, "Ana", "for the newer one");
    expect((await newer.body).messages.map((message) => message.id)).toEqual([id]);
  });

  it("with another client, or without one, leaves the older alone", async () => {
    for (const other of ["tab-2", ""]) {
      const older = await park(bench(), asClient("tab-1"));
      const newer = await park(bench(), other ? asClient(other) : "/poll?since=now");
      expect(older.isAnswered()).toBe(false);
      await say(app().url, "Ana", "for both");
      expect((await older.body).messages).toHaveLength(1);
      expect((await newer.body).messages).toHaveLength(1);
    }
  });

  it("of another session leaves the older alone, of the same one releases it", async () => {
    const ana = await signIn(app().url, "Ana");
    const bo = await signIn(app().url, "Bo");
    const own = await afterASecond(["tab-1", { cookie: ana.cookie }], ["tab-1", { cookie: bo.cookie }]);
    expect(own.older.isAnswered()).toBe(false);
    const anaAgain = await park(bench(), asClient("tab-9"), { headers: { cookie: ana.cookie } });
    const released = send(bench(), asClient("tab-1"), { headers: { cookie: ana.cookie } });
    expect(await own.older.body).toMatchObject({ messages: [], retry: 1000 });
    expect([own.newer, anaAgain, released].map((poll) => poll.isAnswered())).toEqual([false, false, false]);
  });

  it("without a session counts by the address it comes from", async () => {
    const from = (address: string) => ({ "x-forwarded-for": address });
    const apart = await afterASecond(["tab-1", from("192.0.2.1")], ["tab-1", from("192.0.2.2")]);
    expect(apart.older.isAnswered()).toBe(false);
    const again = send(bench(), asClient("tab-1"), { headers: from("192.0.2.1") });
    expect(await apart.older.body).toMatchObject({ messages: [], retry: 1000 });
    expect([apart.newer, again].map((poll) => poll.isAnswered())).toEqual([false, false]);
  });

  it("takes the older's place when the house is full", async () => {
    const older = await park(bench(), asClient("tab-1"));
    const others = [await park(bench(), "/poll?since=now"), await park(bench(), "/poll?since=now")];
    const newer = send(bench(), asClient("tab-1"));
    expect(await older.body).toMatchObject({ messages: [], retry: 1000 });
    await until(() => bench().parked() === 3, "the newer one parked");
    expect([newer, ...others].some((poll) => poll.isAnswered())).toBe(false);
  });

  it("over the cap is answered at once, empty and with a retry, and those who wait go on", async () => {
    const polls = [];
    for (let i = 0; i < HOUSE.limits.parkedMax; i++) polls.push(await park(bench(), "/poll?since=now"));
    const tooMany = await send(bench(), "/poll?since=now").answer;
    expect(tooMany.status).toBe(200);
    expect(JSON.parse(tooMany.text)).toMatchObject({ messages: [], more: false, retry: 1000 });
    expect(polls.some((poll) => poll.isAnswered())).toBe(false);
    // Who need not wait is served all the same.
    const id = await say(app().url, "Guest-1", "for all");
    expect((await send(bench(), `/poll?since=${id - 1}`).body).messages).toHaveLength(1);
    for (const poll of polls) expect((await poll.body).messages).toHaveLength(1);
  });
});

describe("a stop", () => {
  const SPREAD_MS = 3000;
  // Kept connections: on others every answer says "close".
  const agent = new Agent({ keepAlive: true });
  afterAll(() => agent.destroy());

  async function stopping<T>(check: (app: Standalone, bench: Bench) => Promise<T>): Promise<T> {
    const app = await startStandalone();
    try {
      return await check(app, benchOf(app));
    } finally {
      await app.close();
    }
  }

  it("answers everybody who is parked: 200, empty, Connection: close, retries spread over 3 s", () =>
    stopping(async (app, bench) => {
      await makeRoom(app.url, "Maker", "yard", "The yard");
      const polls = [];
      for (let i = 0; i < 30; i++)
        polls.push(await park(bench, `/poll?since=now&room=${i % 2 ? "lobby" : "yard"}`, { agent }));
      app.chat.tail.close();
      const retries = new Set<number>();
      for (const poll of polls) {
        const { status, headers } = await poll.answer;
        expect([status, headers.connection]).toEqual([200, "close"]);
        const body = await poll.body;
        expect(body).toMatchObject({ messages: [], more: false });
        expect(body.retry).toBeGreaterThanOrEqual(0);
        expect(body.retry).toBeLessThanOrEqual(SPREAD_MS);
        retries.add(body.retry);
      }
      expect(retries.size).toBeGreaterThan(10);
      expect(Math.max(...retries) - Math.min(...retries)).toBeGreaterThan(SPREAD_MS / 3);
    }));

  it("answers who comes late the same way, and moves nobody's cursor", () =>
    stopping(async (app, bench) => {
      const id = await say(app.url, "Ana", "before the stop");
      const before = await send(bench, "/poll?since=0", { agent }).answer;
      expect(before.headers.connection).toBe("keep-alive");
      app.chat.tail.close();
      for (const since of ["now", String(id), "0"]) {
        const late = await send(bench, `/poll?since=${since}`, { agent }).answer;
        expect([late.status, late.headers.connection], since).toEqual([200, "close"]);
        const next = since === "0" ? "0" : String(id);
        expect(JSON.parse(late.text)).toMatchObject({
          messages: [],
          next: expect.stringMatching(`^${next}-`),
        });
      }
      expect((await send(bench, "/poll?since=0&wait=0").body).messages).toHaveLength(1);
    }));
});
