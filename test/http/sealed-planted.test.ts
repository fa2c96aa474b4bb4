/** A sealed session that comes beside any cookie was planted: whoever keeps cookies never gets one from us. */
import { expect, it } from "vitest";
import { Cookieless, formsIn } from "../support/cookieless.js";
import { fieldIn } from "../support/html.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

const app = standalone();

async function formOf(name: string): Promise<Readonly<Record<string, string>>> {
  const person = new Cookieless(app().url);
  await person.enter(name);
  await person.press("Lobby");
  const { fields = {} } = formsIn(person.text).find(({ button }) => button === "Send") ?? {};
  expect(fields.sealed).toMatch(/^sealed1\./);
  return fields;
}

it.each([
  ["of somebody else's making", "theme=dark"],
  ["that tests for cookies", "parkbench.cookies=1"],
  ["of a session that is none", "parkbench.sid=s%3Anone.none"],
])("beside a cookie %s it is nobody's; without one it is taken", async (_what, cookie) => {
  const fields = await formOf(`Mallory ${cookie.length}`);
  const form = { ...fields, text: "by form" };
  const rows = countOf(app(), "messages");
  const planted = await call(`${app().url}/send`, { form, headers: { cookie, accept: "text/html" } });
  expect(planted.status).toBe(403);
  expect(fieldIn(planted.text, "sealed")).toBeUndefined();
  expect(planted.text).not.toContain(fields.sealed);
  expect(countOf(app(), "messages")).toBe(rows);
  const taken = await call(`${app().url}/send`, { form, headers: { accept: "text/html" } });
  expect(taken.status).toBe(200);
  expect(countOf(app(), "messages")).toBe(rows + 1);
});

it("beside a cookie it does not show what its user may read and do: the page is nobody's, or the cookie's user's", async () => {
  const form = await formOf("Mallory two");
  const asNobody = await call(`${app().url}/page`, {
    form: { ...form, room: "lobby" },
    headers: { cookie: "theme=dark", accept: "text/html" },
  });
  expect(asNobody.text).not.toContain("Mallory two");
  const eve = await signIn(app().url, "Eve");
  const asEve = await call(`${app().url}/send`, {
    form: { ...form, text: "whose?", token: eve.token, as: String(eve.user.id) },
    headers: { cookie: eve.cookie },
  });
  expect(asEve.status).toBe(303);
  const authors = app().db.prepare("SELECT author_name FROM messages WHERE text = 'whose?'").pluck().all();
  expect(authors).toEqual(["Eve"]);
});
