/** Who somebody is, and what is forbidden to them, is the same at every machine at once. */
import { expect, it } from "vitest";
import { ask } from "../support/ask.js";
import { call, codeOf, idOf, pollBody } from "../support/http-client.js";
import { cookieIn, type Member, signIn } from "../support/member.js";
import { endOf, hasReadAll } from "../support/parked.js";
import { openStream } from "../support/sse-reader.js";
import { openSocket } from "../support/ws-client.js";
import type { Machine } from "./machine.js";

export interface Site {
  readonly machines: readonly [Machine, Machine, Machine];
  readonly database: string;
}

export function knownAnywhere(site: () => Site, next: () => string): void {
  it("who signed in at one is known at all, under a new name at once, and writes through any", async () => {
    const eve = await signIn(next(), "Eve");
    for (const { url } of site().machines) expect(await userAt(url, eve.cookie)).toEqual(eve.user);
    const renamed = await call(`${next()}/session`, {
      form: { token: eve.token, name: "Evelyn" },
      headers: { cookie: eve.cookie },
    });
    const cookie = cookieIn(renamed.headers["set-cookie"]);
    const { token } = JSON.parse(renamed.text) as Member;
    for (const { url } of site().machines) {
      const form = { token, text: `by way of ${url}` };
      const said = await call(`${url}/send`, { form, headers: { cookie } });
      expect(said.status).toBe(201);
      const { messages } = pollBody(await call(`${next()}/poll?since=${idOf(said) - 1}&wait=0`));
      expect(messages).toMatchObject([{ from: { id: eve.user.id, name: "Evelyn" } }]);
    }
  });

  it("a sign-out at one is obeyed by all at once: its parked requests end, and nobody else's", async () => {
    const [leaves, stays] = [await signIn(next(), "Leaves"), await signIn(next(), "Stays")];
    const since = await endOf(next());
    const park = ({ cookie }: Member) =>
      site().machines.map(({ url }) => call(`${url}/poll?since=${since}&wait=45`, { headers: { cookie } }));
    const [ending, staying] = [park(leaves), park(stays)];
    let early = 0;
    for (const poll of staying) void poll.then(() => early++);
    await Promise.all(site().machines.map(({ url }) => hasReadAll(url)));

    const { cookie, token } = leaves;
    const out = await call(`${next()}/session/end`, { form: { token }, headers: { cookie } });
    expect(out.status).toBe(200);
    for (const answer of await Promise.all(ending)) {
      expect(answer.status).toBe(200);
      expect(pollBody(answer)).toMatchObject({ messages: [], retry: expect.any(Number) });
    }
    for (const { url } of site().machines) {
      expect(await userAt(url, cookie)).toBeNull();
      expect(await userAt(url, stays.cookie)).toEqual(stays.user);
    }
    expect(early).toBe(0);
    const sent = await call(`${next()}/send`, { form: { name: "Ana", text: "to who stays" } });
    for (const answer of await Promise.all(staying))
      expect(pollBody(answer).messages).toMatchObject([{ id: idOf(sent) }]);
  });

  it("a ban by a moderator at one ends what waits at all, and nobody else's", async () => {
    const [mia, troll, good] = [
      await signIn(next(), "Mia"),
      await signIn(next(), "Troll"),
      await signIn(next(), "Good"),
    ];
    await makeModerator(mia);
    const { machines } = site();
    const out = await Promise.all(machines.map(({ url }) => stay(url, troll)));
    const still = await Promise.all(machines.map(({ url }) => stay(url, good)));
    const form = { page: "1", token: mia.token, act: "ban", of: "user", whom: String(troll.user.id) };
    const ban = await call(`${next()}/moderation`, { form, headers: { cookie: mia.cookie } });
    expect([ban.status, ban.headers.location]).toEqual([303, expect.stringContaining("/moderation?m=")]);
    for (const { url, poll, events, socket } of out) {
      expect(pollBody(await poll).messages).toEqual([]);
      await events.ended;
      expect((await socket.closed).code).toBe(4001);
      const refused = await call(`${url}/poll?since=now`, { headers: { cookie: troll.cookie } });
      expect([refused.status, codeOf(refused)]).toEqual([403, "banned"]);
    }
    await call(`${next()}/send`, { form: { name: "Ana", text: "to the good" } });
    for (const { poll, events, socket } of still) {
      expect(pollBody(await poll).messages).toMatchObject([{ text: "to the good" }]);
      await events.has("to the good");
      await socket.has(2);
      events.leave();
      socket.socket.terminate();
    }
  });

  /** What typing the owner's code leaves. */
  async function makeModerator({ user }: Member): Promise<void> {
    const sql = `INSERT INTO moderators (user_id, label) VALUES (${user.id}, 'Mia')`;
    await ask(site().database, sql);
  }
}

async function userAt(url: string, cookie: string): Promise<unknown> {
  return (JSON.parse((await call(`${url}/session`, { headers: { cookie } })).text) as { user: unknown }).user;
}

/** Somebody who waits at one machine by three transports. */
async function stay(url: string, { cookie, token }: Member) {
  const since = await endOf(url);
  const poll = call(`${url}/poll?since=${since}&wait=45`, { headers: { cookie } });
  // Whoever awaits it hears of a failure; nobody else must.
  poll.catch(() => {});
  const headers = { cookie, origin: url, "x-parkbench-token": token };
  const socket = await openSocket(url, `?since=${since}`, { headers });
  const events = await openStream(`${url}/events?since=${since}`, { cookie });
  await Promise.all([socket.has(1), events.has("event: hello"), hasReadAll(url)]);
  return { url, poll, events, socket };
}
