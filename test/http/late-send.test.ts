/** What a session still had under way when it was signed out is refused: nothing of it is stored, its name is free. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Cookieless } from "../support/cookieless.js";
import { Gate } from "../support/gate.js";
import { call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { countOf, rowsOf, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();

afterEach(async () => {
  vi.restoreAllMocks();
  await nobodyWaits(benchOf(app()));
});

const open = ({ cookie, token }: Member) =>
  openSocket(app().url, "?since=now", { headers: { cookie, "X-Parkbench-Token": token } });

const signOut = ({ cookie, token }: Member) =>
  call(`${app().url}/session/end`, { form: { token }, headers: { cookie } });

/** Holds back everybody who is about to be looked up as an author. */
function holdTouches() {
  const { users } = app().chat.store;
  const touch = users.touch.bind(users);
  const gate = new Gate();
  const held = vi.spyOn(users, "touch").mockImplementation(async (id) => {
    await gate.pass();
    return touch(id);
  });
  return { count: () => held.mock.calls.length, letGo: () => gate.open() };
}

function seenAgoS({ user }: Member, s: number): void {
  app()
    .db.prepare("UPDATE users SET seen_at = ? WHERE id = ?")
    .run(Date.now() - s * 1000, user.id);
}

describe.each([
  ["just now", 0],
  ["two minutes ago", 120],
])("a user who was seen %s and signs out while a message is on its way", (when, agoS) => {
  it("by WebSocket: it is refused, the name is free, and another's message is stored", async () => {
    const [ana, bo] = [await signIn(app().url, `Ana ${when}`), await signIn(app().url, `Bo ${when}`)];
    const [anas, bos] = [await open(ana), await open(bo)];
    for (const socket of [anas, bos]) await socket.has(1);
    for (const member of [ana, bo]) seenAgoS(member, agoS);
    const rows = countOf(app(), "messages");
    const { count, letGo } = holdTouches();
    anas.send({ text: "late", nonce: "late-1" });
    bos.send({ text: "in time", nonce: "in-time-1" });
    await until(() => count() === 2, "both on their way");
    expect((await signOut(ana)).status).toBe(200);
    letGo();
    expect((await anas.closed).code).toBe(4001);
    expect(anas.frames.at(-1)).toMatchObject({ status: 403, code: "not_signed_in", nonce: "late-1" });
    await until(() => bos.frames.some(({ status }) => status === 201), "Bo's");
    expect(countOf(app(), "messages")).toBe(rows + 1);
    vi.restoreAllMocks();
    expect((await signIn(app().url, `Ana ${when}`)).user.id).not.toBe(ana.user.id);
    bos.socket.terminate();
  });

  it("by POST: it is refused, and the name is free", async () => {
    const cy = await signIn(app().url, `Cy ${when}`);
    seenAgoS(cy, agoS);
    const rows = countOf(app(), "messages");
    const { count, letGo } = holdTouches();
    const late = call(`${app().url}/send`, {
      form: { text: "late", token: cy.token },
      headers: { cookie: cy.cookie },
    });
    await until(() => count() === 1, "on its way");
    expect((await signOut(cy)).status).toBe(200);
    letGo();
    const refused = await late;
    expect([refused.status, codeOf(refused)]).toEqual([403, "not_signed_in"]);
    expect(countOf(app(), "messages")).toBe(rows);
    vi.restoreAllMocks();
    await signIn(app().url, `Cy ${when}`);
  });
});

/** Holds back the acknowledgement of what has been stored. */
function holdStored() {
  const { log } = app().chat.store;
  const append = log.append.bind(log);
  const gate = new Gate();
  const stored = vi.fn();
  vi.spyOn(log, "append").mockImplementation(async (draft) => {
    const appended = await append(draft);
    stored();
    await gate.pass();
    return appended;
  });
  return { count: () => stored.mock.calls.length, letGo: () => gate.open() };
}

describe("a connection that ends while a frame is being stored and another waits behind it", () => {
  const acknowledged = (frames: readonly { readonly status?: number }[]) =>
    frames.filter(({ status }) => status !== undefined);

  it("by a sign-out: the first is acknowledged, the other is not stored, and the name is free", async () => {
    const dee = await signIn(app().url, "Dee");
    const reader = await open(dee);
    await reader.has(1);
    const rows = countOf(app(), "messages");
    const { count, letGo } = holdStored();
    reader.send({ text: "first", nonce: "first" });
    reader.send({ text: "second", nonce: "second" });
    await until(() => count() === 1, "the first stored");
    expect((await signOut(dee)).status).toBe(200);
    letGo();
    expect((await reader.closed).code).toBe(4001);
    expect(acknowledged(reader.frames)).toMatchObject([{ status: 201, nonce: "first" }]);
    expect(countOf(app(), "messages")).toBe(rows + 1);
    await signIn(app().url, "Dee");
  });

  it("by a newer reader of its client: the other is not stored with nobody to acknowledge it to", async () => {
    const older = await openSocket(app().url, "?since=now&client=tab-1");
    await older.has(1);
    const rows = countOf(app(), "messages");
    const { count, letGo } = holdStored();
    older.send({ text: "first", name: "Guy", nonce: "g-first" });
    older.send({ text: "second", name: "Guy", nonce: "g-second" });
    await until(() => count() === 1, "the first stored");
    const newer = await openSocket(app().url, "?since=now&client=tab-1");
    await newer.has(1);
    letGo();
    expect((await older.closed).code).toBe(4002);
    expect(acknowledged(older.frames)).toMatchObject([{ status: 201, nonce: "g-first" }]);
    // What is sent now comes after what waited there.
    newer.send({ text: "third", name: "Guy", nonce: "g-third" });
    await until(() => acknowledged(newer.frames).length === 1, "acknowledged");
    expect(countOf(app(), "messages")).toBe(rows + 2);
    newer.socket.terminate();
  });
});

it("without cookies, too, the end of a session is told before its name is let go", async () => {
  const sol = new Cookieless(app().url);
  await sol.enter("Sol");
  const told = () => rowsOf(app(), "control").length;
  const before = told();
  const { users } = app().chat.store;
  const release = users.release.bind(users);
  const released = vi.spyOn(users, "release").mockImplementation((id) => {
    expect(told()).toBe(before + 1);
    return release(id);
  });
  expect((await sol.press("Sign out")).status).toBe(200);
  expect(released).toHaveBeenCalledTimes(1);
  await signIn(app().url, "Sol");
});
