/** Two changes of one session at once: one of them happens, the other is refused, and one cookie is left at most. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { cookieIn, type Member, signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";

const app = standalone();
afterEach(() => {
  vi.restoreAllMocks();
});

function post({ cookie, token }: Member, path: string, form: Record<string, string> = {}): Promise<Answer> {
  return call(app().url + path, { form: { token, ...form }, headers: { cookie } });
}

const rename = (member: Member, name: string) => post(member, "/session", { name });
const signOut = (member: Member) => post(member, "/session/end");

async function userOf(cookie: string): Promise<unknown> {
  const { text } = await call(`${app().url}/session`, { headers: { cookie } });
  return (JSON.parse(text) as { user: unknown }).user;
}

/** Holds back the first change that gets as far as ending the session's old id. */
function holdFirst(): { readonly isHeld: () => boolean; readonly reads: () => number; letGo(): void } {
  const { sessions } = app().chat.store;
  const { destroy, read } = { destroy: sessions.destroy.bind(sessions), read: sessions.read.bind(sessions) };
  const gate = new Gate();
  let ends = 0;
  let reads = 0;
  vi.spyOn(sessions, "destroy").mockImplementation(async (id) => {
    ends += 1;
    if (ends === 1) await gate.pass();
    return destroy(id);
  });
  vi.spyOn(sessions, "read").mockImplementation(async (id) => {
    const record = await read(id);
    reads += 1;
    return record;
  });
  return { isHeld: () => ends > 0, reads: () => reads, letGo: () => gate.open() };
}

/** The second comes when the first is half done, and the first goes on when the second has come. */
async function atOnce(
  first: () => Promise<Answer>,
  second: () => Promise<Answer>,
): Promise<[Answer, Answer]> {
  const hold = holdFirst();
  const one = first();
  await until(hold.isHeld, "the first change");
  const before = hold.reads();
  const two = second();
  await until(() => hold.reads() > before, "the second change");
  for (let turns = 0; turns < 50; turns++) await turn();
  hold.letGo();
  return Promise.all([one, two]);
}

function expectRefused(answer: Answer): void {
  expect([answer.status, codeOf(answer)]).toEqual([403, "not_signed_in"]);
  expect(answer.text).toContain("Load the page again");
  // A cookie with the refusal would take the place of the one that the other answer set.
  expect(answer.headers).not.toHaveProperty("set-cookie");
}

describe("of two changes of one session at once", () => {
  it("the first rename counts: one cookie, one name, and the other name is free", async () => {
    const member = await signIn(app().url, "Mia");
    const [ana, zed] = await atOnce(
      () => rename(member, "Ana"),
      () => rename(member, "Zed"),
    );
    expect(ana.status, ana.text).toBe(201);
    expectRefused(zed);
    const cookie = cookieIn(ana.headers["set-cookie"]);
    expect(await userOf(cookie)).toEqual({ id: member.user.id, name: "Ana" });
    expect(await userOf(member.cookie)).toBeNull();
    expect((await rename({ ...member, cookie }, "Anna")).status).toBe(201);
    await signIn(app().url, "Zed");
  });

  it("a sign-out that comes during a rename is refused, and counts when it is repeated", async () => {
    const member = await signIn(app().url, "Nora");
    const [renamed, out] = await atOnce(
      () => rename(member, "Nora-2"),
      () => signOut(member),
    );
    expect(renamed.status, renamed.text).toBe(201);
    expectRefused(out);
    const cookie = cookieIn(renamed.headers["set-cookie"]);
    expect(await userOf(cookie)).toMatchObject({ name: "Nora-2" });
    expect((await signOut({ ...member, cookie })).status).toBe(200);
    expect(await userOf(cookie)).toBeNull();
  });

  it("a rename that comes during a sign-out is refused: nobody is signed in, and no name is held", async () => {
    const member = await signIn(app().url, "Olga");
    const [out, renamed] = await atOnce(
      () => signOut(member),
      () => rename(member, "Olga-2"),
    );
    expect(out.status, out.text).toBe(200);
    expectRefused(renamed);
    expect(await userOf(member.cookie)).toBeNull();
    for (const name of ["Olga", "Olga-2"]) await signIn(app().url, name);
  });
});

describe("changes of two sessions at once", () => {
  it("do not wait for each other", async () => {
    const slow = await signIn(app().url, "Paul");
    const quick = await signIn(app().url, "Quinn");
    const hold = holdFirst();
    const held = rename(slow, "Paul-2");
    await until(hold.isHeld, "the slow change");
    expect((await rename(quick, "Quinn-2")).status).toBe(201);
    hold.letGo();
    expect((await held).status).toBe(201);
  });
});

it("a store that cannot be read is not taken for a session that has ended", async () => {
  const member = await signIn(app().url, "Rosa");
  const { sessions } = app().chat.store;
  const read = sessions.read.bind(sessions);
  vi.spyOn(sessions, "read").mockImplementationOnce(read).mockRejectedValueOnce(new Error("the disk is odd"));
  expect((await rename(member, "Rosa-2")).status).toBe(500);
  vi.restoreAllMocks();
  expect(await userOf(member.cookie)).toEqual(member.user);
});

describe("a message is stored under the name that its user holds", () => {
  it.each([
    ["seen just now", Date.now()],
    ["seen long ago", 1],
  ])("and not under one that a session still says: %s", async (what, seenAt) => {
    const member = await signIn(app().url, `Sven ${what}`);
    const set = app().db.prepare("UPDATE users SET name = ?, folded = ?, seen_at = ? WHERE id = ?");
    set.run(`Zoe ${what}`, `zoe ${what}`, seenAt, member.user.id);
    expect(await userOf(member.cookie)).toEqual(member.user);
    const sent = await post(member, "/send", { text: "who am I?" });
    expect(JSON.parse(sent.text)).toMatchObject({ from: { id: member.user.id, name: `Zoe ${what}` } });
  });
});
