/** Signing out ends the session everywhere at once: its cookie, its name, its token and its parked requests. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { makeRoom } from "../support/guest.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { rowsOf, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park, send } from "../support/waiting.js";

const app = standalone();
const bench = () => benchOf(app());

afterEach(async () => {
  app().server.closeAllConnections();
  await nobodyWaits(bench());
});

function signOut({ cookie, token }: Member, form: Record<string, string> = {}): Promise<Answer> {
  return call(`${app().url}/session/end`, { form: { token, ...form }, headers: { cookie } });
}

async function userOf(cookie: string): Promise<unknown> {
  const { text } = await call(`${app().url}/session`, { headers: { cookie } });
  return (JSON.parse(text) as { user: unknown }).user;
}

/** What the database keeps of the newest session. */
function newestKey(): string {
  const sessions = rowsOf(app(), "sessions") as { data: string; expires_at: number }[];
  const newest = sessions.toSorted((a, b) => b.expires_at - a.expires_at)[0];
  return (JSON.parse(newest?.data ?? "{}") as { parkbench: { key: string } }).parkbench.key;
}

describe("after a sign-out", () => {
  it("the cookie is nobody's, the row is gone, and the answer has a token to sign in with again", async () => {
    const ana = await signIn(app().url, "Ana");
    const key = newestKey();
    expect(await userOf(ana.cookie)).toEqual(ana.user);
    const { status, text } = await signOut(ana);
    expect([status, JSON.parse(text)]).toEqual([200, { user: null, token: expect.stringContaining(".") }]);
    expect(await userOf(ana.cookie)).toBeNull();
    expect(JSON.stringify(rowsOf(app(), "sessions"))).not.toContain(key);
  });

  it("the name is let go when no page of the session can hold it any more", async () => {
    const ida = await signIn(app().url, "Ida");
    const { users } = app().chat.store;
    const release = users.release.bind(users);
    const released = vi.spyOn(users, "release").mockImplementation(async (id) => {
      expect(await userOf(ida.cookie)).toBeNull();
      return release(id);
    });
    expect((await signOut(ida)).status).toBe(200);
    expect(released).toHaveBeenCalledWith(ida.user.id);
    released.mockRestore();
  });

  it("the name is free at once, while another's stays held", async () => {
    const bo = await signIn(app().url, "Bo");
    await signIn(app().url, "Cleo");
    await signOut(bo);
    expect((await signIn(app().url, "bo")).user.id).not.toBe(bo.user.id);
    expect(codeOf(await call(`${app().url}/session`, { form: { name: "Cleo" } }))).toBe("name_taken");
  });

  it("a send with the old cookie is nobody's", async () => {
    const dora = await signIn(app().url, "Dora");
    await signOut(dora);
    const refused = await call(`${app().url}/send`, {
      form: { text: "still me?", token: dora.token },
      headers: { cookie: dora.cookie },
    });
    expect([refused.status, codeOf(refused)]).toEqual([400, "no_name"]);
  });

  it("as a page goes to the first page, at a new address; for nobody it does no harm", async () => {
    const emil = await signIn(app().url, "Emil");
    const { status, headers } = await signOut(emil, { page: "1" });
    expect([status, headers.location]).toEqual([303, expect.stringMatching(/^\/\?m=./)]);
    expect((await call(`${app().url}/session/end`, { form: {} })).status).toBe(200);
    expect((await call(`${app().url}/session/end`)).status).toBe(405);
  });
});

describe("parked requests of a session that ends", () => {
  it("are answered at once, empty and with a retry; those of others wait on", async () => {
    const frida = await signIn(app().url, "Frida");
    const gerd = await signIn(app().url, "Gerd");
    await makeRoom(app().url, "Maker", "yard", "The yard");
    const mine = { headers: { cookie: frida.cookie } };
    const hers = [
      await park(bench(), "/poll?since=now", mine),
      await park(bench(), "/poll?since=now&room=yard&client=tab-2", mine),
    ];
    const page = await park(bench(), "/rooms/lobby/wait?since=now", mine);
    const others = [
      await park(bench(), "/poll?since=now", { headers: { cookie: gerd.cookie } }),
      await park(bench(), "/poll?since=now"),
    ];
    await signOut(frida);
    for (const poll of hers) {
      expect((await poll.answer).status).toBe(200);
      expect(await poll.body).toMatchObject({ messages: [], retry: 1000 });
    }
    const { status, text } = await page.answer;
    expect(status).toBe(200);
    expect(text).not.toContain("Frida");
    expect(others.some((poll) => poll.isAnswered())).toBe(false);
    expect(bench().parked()).toBe(2);
    const { id } = await app().chat.send({ room: "lobby", text: "for those who wait" });
    for (const poll of others) expect((await poll.body).messages.map((message) => message.id)).toEqual([id]);
  });

  it("are answered when another process ends it, too; rows of kinds to come are passed over", async () => {
    const hans = await signIn(app().url, "Hans");
    const key = newestKey();
    const poll = await park(bench(), "/poll?since=now", { headers: { cookie: hans.cookie } });
    const insert = app().db.prepare("INSERT INTO control (kind, subject) VALUES (?, ?)");
    insert.run("ban", key);
    insert.run("session", "the key of somebody else");
    const { id } = await app().chat.send({ room: "lobby", text: "a ring" });
    expect((await poll.body).messages.map((message) => message.id)).toEqual([id]);

    const next = await park(bench(), `/poll?since=${id}`, { headers: { cookie: hans.cookie } });
    insert.run("session", key);
    await until(next.isAnswered, "the release");
    expect(await next.body).toMatchObject({ messages: [], retry: 1000 });
  });

  it("are left alone by a rename: it is the same session under another id", async () => {
    const ida = await signIn(app().url, "Ida");
    const poll = await park(bench(), "/poll?since=now", { headers: { cookie: ida.cookie } });
    const renamed = await call(`${app().url}/session`, {
      form: { name: "Ida-2", token: ida.token },
      headers: { cookie: ida.cookie },
    });
    expect(renamed.status).toBe(201);
    const { id } = await app().chat.send({ room: "lobby", text: "hello" });
    expect((await poll.body).messages.map((message) => message.id)).toEqual([id]);
  });
});

describe("a session that ends while its request is on the way to being parked", () => {
  /** A poll that has found out who asks, and is held back before it is parked. */
  async function onTheWay(cookie: string) {
    const { log } = app().chat.store;
    const gate = new Gate();
    const newest = log.newest.bind(log);
    const held = vi.spyOn(log, "newest").mockImplementationOnce(async () => {
      const id = await newest();
      await gate.pass();
      return id;
    });
    const poll = send(bench(), "/poll?since=now", { headers: { cookie } });
    await until(() => held.mock.calls.length === 1, "the poll on its way");
    held.mockRestore();
    return { poll, goOn: () => gate.open() };
  }

  it("does not keep it, though nobody waited who would have heard of it", async () => {
    const kai = await signIn(app().url, "Kai");
    const { poll, goOn } = await onTheWay(kai.cookie);
    await signOut(kai);
    goOn();
    expect(await poll.body).toMatchObject({ messages: [], retry: expect.toSatisfy((ms) => ms > 0) });
  });

  it("does not keep it, though it was heard of before", async () => {
    const ines = await signIn(app().url, "Ines");
    const other = await park(bench(), "/poll?since=now");
    const { poll, goOn } = await onTheWay(ines.cookie);
    const jan = await signIn(app().url, "Jan");
    const parked = await park(bench(), "/poll?since=now", { headers: { cookie: jan.cookie } });
    await signOut(ines);
    await signOut(jan);
    // The end of the later session has been heard, so that of the earlier was.
    await parked.answer;
    goOn();
    expect(await poll.body).toMatchObject({ messages: [], retry: expect.toSatisfy((ms) => ms > 0) });
    expect(other.isAnswered()).toBe(false);
  });
});
