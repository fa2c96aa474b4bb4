/** A session at rest that is not what we wrote is nobody's: asked by any address, and the server lives on. */
import { describe, expect, it } from "vitest";
import type { Membership } from "../../src/identity/session-identity.js";
import { call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { rowsOf, standalone } from "../support/standalone.js";

const app = standalone({ guests: false });
let count = 0;

interface Content {
  readonly cookie: object;
  readonly parkbench: Membership;
}

/** Somebody who has just signed in, and the content of their session at rest. */
async function signedIn(): Promise<{ member: Member; content: Content }> {
  count += 1;
  const member = await signIn(app().url, `Member ${count}`);
  const datas = rowsOf(app(), "sessions").map((row) => (row as { data: string }).data);
  const data = datas.find((each) => each.includes(`"${member.user.name}"`)) ?? "{}";
  return { member, content: JSON.parse(data) as Content };
}

/** Another program writes the session of this member, which is the only one there with that name. */
function write({ user }: Member, data: string): void {
  const where = `%"${user.name}"%`;
  expect(app().db.prepare("UPDATE sessions SET data = ? WHERE data LIKE ?").run(data, where).changes).toBe(1);
}

/** Whether the cookie's bearer is signed in, as express-session's way and the light way see it. */
async function isSignedIn({ cookie, token }: Member): Promise<boolean[]> {
  const headers = { cookie };
  expect((await call(`${app().url}/`, { headers })).status).toBe(200);
  expect((await call(`${app().url}/poll`, { headers })).status).toBe(200);
  const { text } = await call(`${app().url}/session`, { headers });
  const sent = await call(`${app().url}/send`, { headers, form: { text: "hi", name: "Gil", token } });
  if (sent.status !== 201) expect(codeOf(sent)).toBe("not_signed_in");
  return [(JSON.parse(text) as { user: unknown }).user !== null, sent.status === 201];
}

describe("a session at rest", () => {
  it("is its member's as we wrote it, and with what others keep in it besides", async () => {
    const { member, content } = await signedIn();
    expect(await isSignedIn(member)).toEqual([true, true]);
    write(member, JSON.stringify({ ...content, basket: "a pear" }));
    expect(await isSignedIn(member)).toEqual([true, true]);
  });

  it.each(["not json", "", "null", "7", '"text"', "[]", "{}", '{"cookie":null}', '{"cookie":[]}'])(
    "that reads %j is nobody's, and its bearer can sign in again",
    async (data) => {
      const { member } = await signedIn();
      write(member, data);
      expect(await isSignedIn(member)).toEqual([false, false]);
      const form = { name: `${member.user.name} again` };
      const again = await call(`${app().url}/session`, { form, headers: { cookie: member.cookie } });
      expect(again.status, again.text).toBe(201);
    },
  );

  const oddCookies: object[] = [{ maxAge: "soon" }, { originalMaxAge: "soon" }, { originalMaxAge: {} }];
  it.each(oddCookies)("whose cookie is %j is nobody's", async (odd) => {
    const { member, content } = await signedIn();
    write(member, JSON.stringify({ ...content, cookie: { ...content.cookie, ...odd } }));
    expect(await isSignedIn(member)).toEqual([false, false]);
  });

  const odd: [string, (good: Membership) => unknown][] = [
    ["a number", () => 7],
    ["a list", (good) => [good]],
    ["an empty object", () => ({})],
    ["no user", ({ user: _, ...rest }) => rest],
    ["a user that is a text", (good) => ({ ...good, user: "Ana" })],
    ["a user without an id", (good) => ({ ...good, user: { name: "Ana" } })],
    ["an id that is a list", (good) => ({ ...good, user: { ...good.user, id: [good.user.id] } })],
    ["a name that is a number", (good) => ({ ...good, user: { ...good.user, name: 7 } })],
    ["no key", ({ key: _, ...rest }) => rest],
    ["a key that is a number", (good) => ({ ...good, key: 7 })],
    ["no epoch", ({ epoch: _, ...rest }) => rest],
    ["the epoch of another log", (good) => ({ ...good, epoch: `${good.epoch}x` })],
  ];
  it.each(odd)("whose membership has or is %s is nobody's", async (_what, make) => {
    const { member, content } = await signedIn();
    write(member, JSON.stringify({ ...content, parkbench: make(content.parkbench) }));
    expect(await isSignedIn(member)).toEqual([false, false]);
  });
});
