/** Without cookies: read, give a name, post under it, sign out, by the session that only forms carry. */
import { describe, expect, it } from "vitest";
import { Cookieless, formsIn } from "../support/cookieless.js";
import { elementsIn, messagesIn, problemIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

const app = standalone();
const visitor = () => new Cookieless(app().url);

async function entered(name: string): Promise<Cookieless> {
  const person = visitor();
  expect((await person.enter(name)).status).toBe(200);
  return person;
}

describe("somebody who keeps no cookies", () => {
  it("gives a name, enters a room, posts twice, reads an answer and signs out, all by forms", async () => {
    const ana = await entered("Ana");
    expect(ana.text).toContain('You are <b dir="auto">Ana</b>');
    await ana.press("Lobby");
    expect(ana.text).toContain("Message as");
    await ana.press("Send", { text: "one" });
    await ana.press("Send", { text: "two" });
    expect(ana.answer.status).toBe(200);
    expect(messagesIn(ana.text)).toEqual(["two", "one"]);
    expect(formsIn(ana.text).find(({ button }) => button === "Send")?.fields.text).toBe("");

    await call(`${app().url}/send`, { form: { name: "Ben", text: "hello Ana" } });
    await ana.press("Reload now");
    expect(messagesIn(ana.text)).toEqual(["hello Ana", "two", "one"]);
    const authors = app()
      .db.prepare("SELECT author_id FROM messages WHERE author_name = 'Ana'")
      .pluck()
      .all();
    expect(new Set(authors).size).toBe(1);
    expect(authors[0]).toEqual(expect.any(Number));

    await ana.press("All rooms");
    await ana.press("Sign out");
    expect(ana.answer.status).toBe(200);
    expect(ana.text).not.toContain("You are");
    expect(ana.sealed).toBe("");
  });

  it("holds the name like anybody else, and lets it go at the sign-out", async () => {
    const bo = await entered("Bo");
    expect(codeOf(await call(`${app().url}/session`, { form: { name: "bo" } }))).toBe("name_taken");
    await bo.press("Sign out");
    expect((await signIn(app().url, "bo")).user.name).toBe("bo");
  });

  it("makes a room and is in it, and gets an error with what was typed and the session in the form", async () => {
    const cy = await entered("Cy");
    await cy.press("Make the room", { title: "Tea", name: "BAD NAME" });
    expect([cy.answer.status, problemIn(cy.text)]).toEqual([400, expect.stringContaining("small letters")]);
    await cy.press("Make the room", { name: "tea" });
    expect([cy.answer.status, cy.text.includes('<h1 dir="auto">Tea</h1>')]).toEqual([200, true]);
    await cy.press("Send", { text: "  " });
    expect([cy.answer.status, cy.sealed === ""]).toEqual([400, false]);
    await cy.press("Send", { text: "x".repeat(17_000) });
    expect(cy.answer.status).toBe(413);
    await cy.press("Send", { text: "still Cy" });
    expect(messagesIn(cy.text)).toEqual(["still Cy"]);
  });

  it("who gives a name only for one message is answered as ever, and gets no session", async () => {
    const guest = visitor();
    await guest.open("/rooms/lobby");
    expect(guest.sealed).toBe("");
    const sessions = countOf(app(), "sessions");
    await guest.press("Send", { name: "Guest 1", text: "just this" });
    expect([guest.answer.status, guest.answer.headers.location]).toEqual([
      303,
      expect.stringMatching(/^\/rooms\/lobby\?m=/),
    ]);
    expect(countOf(app(), "sessions")).toBe(sessions);
  });
});

describe("a form sent once more, as a reload does", () => {
  it("stores a message once", async () => {
    const dee = await entered("Dee");
    await dee.press("Lobby");
    await dee.press("Send", { text: "only once" });
    const rows = countOf(app(), "messages");
    expect((await dee.reload()).status).toBe(200);
    expect(countOf(app(), "messages")).toBe(rows);
    expect(messagesIn(dee.text).filter((text) => text === "only once")).toHaveLength(1);
  });

  it("signs in to the session it made, though the name is held by now", async () => {
    const eve = await entered("Eve");
    const first = eve.sealed;
    const users = countOf(app(), "users");
    expect([(await eve.reload()).status, eve.sealed]).toEqual([200, first]);
    expect(countOf(app(), "users")).toBe(users);
    // Twice at the same moment, as an impatient person does.
    const fay = visitor();
    await fay.open("/");
    const [form] = formsIn(fay.text);
    const request = { action: form?.action ?? "", fields: { ...form?.fields, name: "Fay" } };
    const answers = await Promise.all([fay.send(request), fay.send(request)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(countOf(app(), "users")).toBe(users + 1);
  });

  it("renames once, and goes on with the session of the new name", async () => {
    const gil = await entered("Gil");
    const before = gil.sealed;
    await gil.press("Change name", { name: "Gilbert" });
    expect([gil.answer.status, gil.sealed === before]).toEqual([200, false]);
    const after = gil.sealed;
    expect([(await gil.reload()).status, gil.sealed]).toEqual([200, after]);
    await gil.press("Lobby");
    expect(gil.text).toContain("Gilbert");
  });

  it("but not another form: with another nonce, or another name, it is another sign-in", async () => {
    const hal = await entered("Hal");
    const { action, fields } = hal.last;
    for (const other of [{ nonce: "another" }, { nonce: "" }, { name: "hal" }]) {
      const answer = await visitor().send({ action, fields: { ...fields, ...other } });
      expect([answer.status, problemIn(answer.text)], JSON.stringify(other)).toEqual([
        409,
        expect.stringContaining("Somebody else has this name"),
      ]);
    }
  });

  it("does not bring a session back that was signed out: it signs in anew", async () => {
    const ida = await entered("Ida");
    const signedIn = ida.last;
    const ended = ida.sealed;
    await ida.press("Sign out");
    expect((await ida.send(signedIn)).status).toBe(200);
    expect(ida.sealed).not.toBe(ended);
    await ida.press("Lobby", { sealed: ended ?? "" });
    expect(ida.answer.status).toBe(403);
  });
});

describe("a browser that keeps cookies", () => {
  it("shows it by the one that the first page set, and is signed in by cookie as ever", async () => {
    const page = await call(`${app().url}/`, { headers: { accept: "text/html" } });
    expect(page.headers["set-cookie"]).toEqual(["parkbench.cookies=1; Path=/; HttpOnly; SameSite=Lax"]);
    const [form] = formsIn(page.text);
    const signedIn = await call(app().url + form?.action, {
      form: { ...form?.fields, name: "Jo" },
      headers: { cookie: "parkbench.cookies=1" },
    });
    expect([signedIn.status, signedIn.headers["set-cookie"]?.length]).toEqual([303, 1]);
    const again = await call(`${app().url}/`, {
      headers: { accept: "text/html", cookie: "parkbench.cookies=1" },
    });
    expect(again.headers).not.toHaveProperty("set-cookie");
    expect(elementsIn(again.text).filter(({ attributes }) => attributes.name === "sealed")).toEqual([]);
  });

  it("a program is set no cookie, and a form without the field is answered by a redirect", async () => {
    const isSet = async (headers: Record<string, string>) =>
      (await call(`${app().url}/`, { headers })).headers["set-cookie"] !== undefined;
    for (const accept of ["*/*", "application/json"]) {
      expect(await isSet({ accept }), accept).toBe(false);
      // As fetch does.
      expect(await isSet({ accept, "accept-language": "*" }), accept).toBe(false);
    }
    // As links2 and dillo do.
    expect(await isSet({ accept: "*/*", "accept-language": "en" })).toBe(true);
    expect(await isSet({ accept: "text/*,image/*,*/*;q=0.2" })).toBe(true);
    const signedIn = await call(`${app().url}/session`, { form: { page: "1", name: "Kay" } });
    expect([signedIn.status, signedIn.headers["set-cookie"]?.length]).toEqual([303, 1]);
    const json = await call(`${app().url}/session`, {
      json: JSON.stringify({ name: "Kim", sealed: "" }),
    });
    expect([json.status, json.headers["set-cookie"]?.length]).toEqual([201, 1]);
  });
});
