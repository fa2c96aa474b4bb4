/** The pages that work without any script: their headers, the way to older messages and back, and what they escape. */
import { beforeAll, describe, expect, it } from "vitest";
import { elementsIn, linkIn, messagesIn } from "../support/html.js";
import { call, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

const app = standalone();
const TEXTS = Array.from({ length: 120 }, (_, i) => `message ${i}`);
const HOSTILE = `"'></span><script>alert(1)</script><img src=x onerror="alert(1)">&lt;`;

const get = (path: string, headers: Record<string, string> = {}) => call(app().url + path, { headers });

beforeAll(async () => {
  const { db } = app();
  db.prepare("INSERT INTO rooms (name, title) VALUES ('long', 'Long'), ('odd', ?)").run(HOSTILE);
  const insert = db.prepare("INSERT INTO messages (room, author_name, text, kind) VALUES (?, ?, ?, ?)");
  db.transaction(() => {
    for (const text of TEXTS) insert.run("long", "Ana", text, "message");
    insert.run("odd", HOSTILE, HOSTILE, "message");
    insert.run("odd", HOSTILE, HOSTILE, "x mine fresh");
  })();
});

describe("every page", () => {
  it.each([
    ["/", 200],
    ["/rooms/lobby", 200],
    ["/rooms/long?before=5", 200],
    ["/rooms/lobby/wait", 200],
    ["/rooms/nowhere", 404],
    ["/rooms/%00", 404],
    ["/rooms/lobby?before=x", 400],
    ["/rooms/%E0%A4%A", 400],
    ["/nowhere", 404],
  ])("%s is answered %d with the headers of a page, and with no session", async (path, status) => {
    const answer = await get(path, { accept: "text/html", "if-none-match": "*" });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-length": String(Buffer.byteLength(answer.text)),
      "content-security-policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "frame-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'",
      "x-frame-options": "SAMEORIGIN",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    // The first page alone asks a browser whether it keeps cookies.
    const asks = ["parkbench.cookies=1; Path=/; HttpOnly; SameSite=Lax"];
    expect(answer.headers["set-cookie"]).toEqual(path === "/" ? asks : undefined);
    for (const name of ["etag", "last-modified", "x-powered-by", "strict-transport-security"])
      expect(answer.headers).not.toHaveProperty(name);
    expect(answer.text).not.toMatch(/<[^>]*\s(on\w+|style)=|<style/);
    expect(countOf(app(), "sessions")).toBe(0);
  });

  it("takes GET and HEAD, and a HEAD is like the GET without its text", async () => {
    for (const path of ["/", "/rooms/lobby", "/rooms/lobby/wait"]) {
      const head = await call(app().url + path, { method: "HEAD" });
      expect([head.status, head.text]).toEqual([200, ""]);
      expect(Number(head.headers["content-length"])).toBe((await get(path)).text.length);
    }
    for (const path of ["/", "/rooms/lobby", "/rooms/lobby/wait"]) {
      const { status, headers } = await call(app().url + path, { form: { text: "hi" } });
      expect([status, headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
    }
  });

  it("that is not there is a page for a browser and a problem for a program", async () => {
    const [browser, program] = [await get("/nowhere", { accept: "text/html" }), await get("/nowhere")];
    expect(linkIn(browser.text, "All rooms")).toBe("/");
    expect(program.headers["content-type"]).toBe("application/problem+json");
    expect(JSON.parse(program.text)).toMatchObject({ status: 404, code: "not_found" });
  });
});

describe("a room's page", () => {
  it("shows the newest first, and leads back through all of them, each once", async () => {
    const shown: string[][] = [];
    let path: string | undefined = "/rooms/long";
    while (path !== undefined) {
      const { text } = await get(path);
      shown.push([...messagesIn(text)]);
      expect(linkIn(text, "Newest messages")).toBe(shown.length === 1 ? undefined : "/rooms/long");
      path = linkIn(text, "Older messages");
    }
    expect(shown.map((texts) => texts.length)).toEqual([50, 50, 20]);
    expect(shown.flat()).toEqual(TEXTS.toReversed());
  });

  it("says where its messages end: a poll from there gets what comes after, and nothing before", async () => {
    const { text } = await get("/rooms/long");
    const cursor = elementsIn(text).find(({ attributes }) => attributes.id === "messages")?.attributes[
      "data-cursor"
    ];
    const none = await get(`/poll?room=long&since=${cursor}&wait=0`);
    expect(pollBody(none)).toMatchObject({ messages: [], next: cursor });
    app().db.prepare("INSERT INTO messages (room, author_name, text) VALUES ('long', 'Bo', 'later')").run();
    expect(pollBody(await get(`/poll?room=long&since=${cursor}`)).messages).toMatchObject([
      { text: "later" },
    ]);
    app().db.prepare("DELETE FROM messages WHERE text = 'later'").run();
  });

  it("asks who is signed out for a name, and who is signed in not", async () => {
    const { cookie, token } = await signIn(app().url, "Cy");
    const inputs = (html: string) =>
      elementsIn(html)
        .filter(({ tag, attributes }) => tag === "input" && attributes.name)
        .map(({ attributes }) => attributes.name);
    const signedOut = (await get("/rooms/lobby")).text;
    const signedIn = (await get("/rooms/lobby", { cookie })).text;
    expect(inputs(signedOut).sort()).toEqual([
      "as",
      "name",
      "nonce",
      "page",
      "room",
      "sealed",
      "text",
      "token",
    ]);
    expect(inputs(signedIn).sort()).toEqual(["as", "nonce", "page", "room", "text", "token"]);
    expect(signedIn).toContain(`name="token" value="${token}"`);
    expect(signedOut).not.toContain(token);
  });

  it("shows what people wrote as text, whatever they wrote", async () => {
    for (const path of ["/rooms/odd", "/rooms/odd/wait", "/"]) {
      const { text } = await get(path);
      const active = elementsIn(text).filter(({ tag }) => /^(script|img|iframe|object|svg)$/.test(tag));
      expect(active.filter(({ attributes }) => !/^\/(client|page)\.js$/.test(attributes.src ?? ""))).toEqual(
        [],
      );
      expect(text).not.toContain("<script>alert");
      expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    }
    const { text } = await get("/rooms/odd");
    expect(messagesIn(text)).toEqual([HOSTILE, HOSTILE]);
    // Nor does a foreign kind look like something else.
    const rows = elementsIn(text).filter(({ tag, attributes }) => tag === "li" && attributes.id);
    expect(rows.map(({ attributes }) => attributes.class)).toEqual(["message", "message"]);
  });
});
