/** A chat in a host's application: its mount path, its users, its session and its body parsers. */
import express from "express";
import { describe, expect, it } from "vitest";
import { addressesIn } from "../support/addresses.js";
import { embedded, hostIdentity, PEOPLE, startEmbedded } from "../support/embedded.js";
import { fieldIn } from "../support/html.js";
import { call, codeOf, idOf, pollBody } from "../support/http-client.js";
import { cookieIn } from "../support/member.js";
import { park } from "../support/waiting.js";

describe("over a database that cannot be opened", () => {
  it("answers 503 without a word of where it is, leaves the host standing, and closes", async () => {
    const app = await startEmbedded({ database: "/dev/null/chat.db" });
    await expect(app.chat.ready).rejects.toMatchObject({ code: "storage_failed" });
    const refused = await call(`${app.bench.url}/poll`);
    expect([refused.status, codeOf(refused)]).toEqual([503, "storage_failed"]);
    expect(refused.text).not.toMatch(/dev|null\/|at /);
    expect((await call(`${app.host}/session`)).status).toBe(200);
    await app.chat.close();
    await app.close();
  });
});

describe("a host that answers in our place", () => {
  it("is not disturbed when the parked request would have been answered", async () => {
    const app = await startEmbedded(
      { identity: { ...hostIdentity, mayRead: () => true } },
      {
        before: (host) =>
          host.use("/chat/poll", (req, res, next) => {
            next();
            if (req.query.limit === "7") res.status(504).write("too late");
          }),
      },
    );
    await app.chat.ready;
    const late = fetch(`${app.bench.url}/poll?since=now&limit=7`);
    const other = await park(app.bench, "/poll?since=now");
    expect((await late).status).toBe(504);
    const { id } = await app.chat.send({ room: "lobby", text: "news" });
    expect(pollBody(await other.answer).messages.map((message) => message.id)).toEqual([id]);
    expect((await call(`${app.bench.url}/poll?wait=0`)).status).toBe(200);
    await app.close();
  });
});

describe("with the host's users", () => {
  const app = embedded({ identity: hostIdentity });
  const url = () => app().bench.url;

  /** The page of the lobby, and the fields of its form. */
  async function form(cookie: string) {
    const { text: html } = await call(`${url()}/rooms/lobby`, { headers: { cookie } });
    const fields = Object.fromEntries(
      ["token", "nonce", "room"].map((name) => [name, fieldIn(html, name) ?? ""]),
    );
    return { html, fields };
  }

  it("every address on every page begins with the mount path", async () => {
    const cookie = await app().login("ana");
    const before = await app().chat.send({ room: "lobby", text: "one" });
    for (let i = 0; i < 50; i++) await app().chat.send({ room: "lobby", text: "another" });
    for (const path of [
      "/",
      "/rooms/lobby",
      "/rooms/lobby?before=1000",
      "/rooms/nowhere",
      "/rooms/lobby/wait",
    ]) {
      const { text } = await call(url() + path, { headers: { cookie } });
      const addresses = addressesIn(text);
      expect(addresses.length, path).toBeGreaterThan(3);
      expect(addresses.filter((address) => !address.startsWith("/chat/"))).toEqual([]);
    }
    const { html } = await form(cookie);
    expect(addressesIn(html)).toContain(`/chat/rooms/lobby?before=${before.id + 1}`);
    for (const file of ["parkbench.css", "page.js", "icon.svg"])
      expect([(await call(`${url()}/${file}`)).status, addressesIn(html)]).toEqual([
        200,
        expect.arrayContaining([`/chat/${file}`]),
      ]);
  });

  it("a form leads back below the mount path, to an address never used before", async () => {
    const cookie = await app().login("ana");
    const { fields } = await form(cookie);
    const headers = { cookie };
    const sent = await call(`${url()}/send`, { form: { ...fields, text: "hi", page: "1" }, headers });
    expect(sent.status, sent.text).toBe(303);
    expect(sent.headers.location).toMatch(/^\/chat\/rooms\/lobby\?m=\d+$/);
    const made = await call(`${url()}/rooms`, {
      form: { token: fields.token ?? "", name: "yard", title: "The yard", page: "1" },
      headers,
    });
    expect(made.headers.location).toMatch(/^\/chat\/rooms\/yard\?m=./);
  });

  it.each(Object.entries(PEOPLE))("the author is the host's user: %s", async (who, user) => {
    const cookie = await app().login(who);
    const parked = await park(app().bench, "/poll?since=now");
    const { fields } = await form(cookie);
    const sent = await call(`${url()}/send`, {
      form: { ...fields, text: "as myself", name: "Somebody else" },
      headers: { cookie },
    });
    expect(sent.status, sent.text).toBe(201);
    expect((await parked.body).messages).toMatchObject([{ from: user, text: "as myself" }]);
    // Theirs, and nobody else's: 7 is not "7".
    for (const [other, { id }] of Object.entries(PEOPLE)) {
      const { html } = await form(await app().login(other));
      expect(html.includes(`class="message mine" id="m${idOf(sent)}"`), other).toBe(id === user.id);
    }
  });

  it("a nonce is one author's own: the user 7 and the user named 7 do not meet in it", async () => {
    const ids = [];
    for (const who of ["ana", "seven", "ana"]) {
      const cookie = await app().login(who);
      const { fields } = await form(cookie);
      ids.push(
        idOf(
          await call(`${url()}/send`, {
            form: { ...fields, nonce: "shared", text: "hi" },
            headers: { cookie },
          }),
        ),
      );
    }
    const [first, other, again] = ids;
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it("who the host does not know may read, but not write under a name of their own", async () => {
    expect((await call(`${url()}/poll`)).status).toBe(200);
    const form = { room: "lobby", name: "Eve", text: "let me in" };
    const refused = await call(`${url()}/send`, { form });
    expect([refused.status, codeOf(refused)]).toEqual([403, "not_signed_in"]);
    const page = (await call(`${url()}/rooms/lobby`)).text;
    expect(page).not.toContain('id="send"');
  });

  it("signing in and out stays the host's: there is no /session", async () => {
    const cookie = await app().login("ana");
    for (const path of ["/session", "/session/end"])
      expect((await call(url() + path, { form: { name: "Eve" }, headers: { cookie } })).status).toBe(404);
    expect((await call(`${url()}/`, { headers: { cookie } })).text).not.toContain("/session");
    expect(await app().sessionOf(cookie)).toMatchObject({ user: { name: "Ana" }, basket: "a pear" });
  });

  it("a request with the host's cookie and no token is another site's", async () => {
    const cookie = await app().login("ana");
    const { fields } = await form(cookie);
    const send = (token: string) =>
      call(`${url()}/send`, { form: { room: "lobby", text: "hi", token }, headers: { cookie } });
    expect(codeOf(await send(""))).toBe("cross_site");
    expect(codeOf(await send((await form(await app().login("bo"))).fields.token ?? ""))).toBe("cross_site");
    expect((await send(fields.token ?? "")).status).toBe(201);
  });
});

describe("with names of its own, in the host's session", () => {
  const app = embedded();

  it("signing in and out changes the session's id and leaves the host's things in it", async () => {
    const url = app().bench.url;
    const before = await app().login("bo");
    const signedIn = await call(`${url}/session`, { form: { name: "Nick" }, headers: { cookie: before } });
    expect(signedIn.status, signedIn.text).toBe(201);
    const during = cookieIn(signedIn.headers["set-cookie"]);
    expect(during).not.toBe(before);
    expect(await app().sessionOf(during)).toMatchObject({
      basket: "a pear",
      user: PEOPLE.bo,
      parkbench: { user: { name: "Nick" } },
    });
    expect(await app().sessionOf(before)).not.toHaveProperty("basket");

    const { token } = JSON.parse(signedIn.text) as { token: string };
    const out = await call(`${url}/session/end`, { form: { token }, headers: { cookie: during } });
    const after = cookieIn(out.headers["set-cookie"]);
    expect(await app().sessionOf(after)).toMatchObject({ basket: "a pear", user: PEOPLE.bo });
    expect(await app().sessionOf(after)).not.toHaveProperty("parkbench");
    expect(await app().sessionOf(during)).not.toHaveProperty("basket");
  });
});

it("requests that come before the database is open wait for it", async () => {
  const app = await startEmbedded({ identity: hostIdentity });
  try {
    const polled = await call(`${app.bench.url}/poll`);
    expect([polled.status, JSON.parse(polled.text)]).toMatchObject([200, { messages: [], retry: 0 }]);
  } finally {
    await app.close();
  }
});

describe.each([
  ["express.json() and express.urlencoded()", express.urlencoded()],
  ["express.json() and the extended form parser", express.urlencoded({ extended: true })],
] as const)("behind %s", (_what, parser) => {
  const app = embedded({ guests: true }, { before: (host) => host.use(express.json(), parser) });
  const send = (options: object) => call(`${app().bench.url}/send`, options);

  it("forms and JSON arrive as they were sent", async () => {
    const text = 'a+b & "c" = ü 😀';
    for (const body of [{ form: { name: "Ana", text } }, { json: JSON.stringify({ name: "Ana", text }) }]) {
      const answer = await send(body);
      expect(answer.status, answer.text).toBe(201);
      expect(JSON.parse(answer.text)).toMatchObject({ text, from: { name: "Ana" } });
    }
  });

  it.each([
    ["an array", { json: '{"name":"Ana","text":["hi"]}' }],
    ["an object", { json: '{"name":"Ana","text":{"a":"hi"}}' }],
    ["__proto__", { json: '{"name":"Ana","__proto__":{"text":"hi"}}' }],
    ["an array as the body", { json: '["hi"]' }],
  ])("%s where the text belongs is refused", async (_what, body) => {
    const answer = await send(body);
    expect(answer.status, answer.text).toBe(400);
    expect((await call(`${app().bench.url}/history`)).text).not.toContain('"hi"');
  });

  it("a repeated text is refused, and an error's page keeps what was typed", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": "25" };
    const twice = await send({ json: "name=Ana&text=hi&text=you", headers });
    expect([twice.status, codeOf(twice)]).toEqual([400, "bad_text"]);
    const page = await send({ form: { page: "1", name: "admin", text: "kept <b>" } });
    expect(page.status).toBe(400);
    expect(fieldIn(page.text, "text")).toBe("kept <b>");
  });
});
