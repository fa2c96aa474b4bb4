/** Nothing that a request says becomes a header of its own, a redirect to elsewhere, or an address under another's name. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { describe, expect, it, onTestFinished } from "vitest";
import { startEmbedded } from "../support/embedded.js";
import { elementsIn } from "../support/html.js";
import { type Answer, call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { openRaw } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";

const app = standalone();

const HOSTILE_VALUES = [
  "//evil.example",
  "https://evil.example/",
  "/\\evil.example",
  "\\\\evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "..",
  "../..//evil.example",
  ".evil.example",
  "@evil.example",
  "lobby\r\nX-Injected: 1",
  "lobby\r\n\r\n<b>",
  "lobby\u0000",
  "\u2028\u4e2d\ud83d\ude00",
  "lobby?next=//evil.example",
  "lobby#//evil.example",
  "%2f%2fevil.example",
  "%0d%0aX-Injected:1",
];

/** Where a browser on our page would go. */
function placeOf({ headers }: Answer): URL {
  return new URL(headers.location ?? "", app().url);
}

function expectClean(answer: Answer): void {
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers).not.toHaveProperty("x-injected");
  for (const [name, value] of Object.entries(answer.headers)) {
    expect(String(value)).toMatch(/^[\x20-\x7e]*$/);
    if (name !== "location") expect(String(value)).not.toContain("evil.example");
  }
  if (answer.headers.location !== undefined) {
    // A path and nothing else: a second slash or a backslash would begin a host's name.
    expect(answer.headers.location).toMatch(/^\/(?![/\\])[A-Za-z0-9/?=&_.%()-]*$/);
    expect(placeOf(answer).origin).toBe(app().url);
  }
}

describe.each(HOSTILE_VALUES)("%j", (value) => {
  it.each(["room", "next", "view", "name", "back"])(
    "as the field %s of any form leads nowhere but to a page of ours",
    async (field) => {
      const { cookie, token } = await signIn(app().url, `Ana ${Math.random()}`);
      const good = { page: "1", token, room: "lobby", text: "hi", act: "look" };
      for (const path of ["/send", "/page", "/rooms", "/moderation", "/session", "/session/end"]) {
        const form = { ...good, ...(path === "/session" && { name: `Bo ${Math.random()}` }), [field]: value };
        expectClean(await call(app().url + path, { form, headers: { cookie } }));
        // As JSON also half a character comes through.
        const json = JSON.stringify({ ...form, [field]: `${value}\ud800` });
        expectClean(await call(app().url + path, { json, headers: { cookie, accept: "text/html" } }));
      }
    },
  );

  it("in a query is never part of a header", async () => {
    const said = encodeURIComponent(value);
    for (const path of ["/poll?wait=0&", "/events?", "/ws?", "/history?", "/rooms/lobby/wait?"])
      for (const field of ["room", path === "/history?" ? "before" : "since"])
        expectClean(await call(`${app().url}${path}${field}=${said}`));
    expectClean(
      await call(`${app().url}/poll?client=${said}`, { headers: { prefer: `wait=0, x="${said}"` } }),
    );
    expectClean(await call(`${app().url}/rooms/${said}`));
  });
});

describe("headers that name a host", () => {
  const HOSTS = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    Forwarded: "host=evil.example",
  };

  it.each([
    "/",
    "/rooms/lobby",
    "/rooms/lobby/wait?since=0",
    "/rooms/lobby/frames",
    "/rooms/lobby/write",
    "/check",
  ])("do not change where %s leads", async (path) => {
    for (const headers of [HOSTS, { Host: "evil.example" }]) {
      const { text, headers: answered } = await call(app().url + path, { headers });
      expect(`${text}${JSON.stringify(answered)}`).not.toContain("evil.example");
      for (const { attributes } of elementsIn(text))
        for (const name of ["href", "src", "action"]) expect(attributes[name] ?? "/").toMatch(/^\/(?!\/)/);
    }
  });

  it("do not change where a form leads: the place is a path", async () => {
    for (const headers of [HOSTS, { Host: "evil.example" }])
      expectClean(await call(`${app().url}/send`, { form: { page: "1", name: "Ana", text: "hi" }, headers }));
  });

  it("in the request line neither: an absolute form is answered as its path", async () => {
    const raw = await openRaw(app().port);
    const body = "page=1&name=Ana&text=hi";
    raw.write(
      `POST http://evil.example/send HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: ${body.length}\r\n` +
        `Content-Type: application/x-www-form-urlencoded\r\n\r\n${body}`,
    );
    await raw.gone;
    expect(raw.received()).toMatch(/^HTTP\/1\.1 303 .*\r\nLocation: \/rooms\/lobby\?m=\d+\r\n/s);
  });
});

it("a host that mounts the chat below a parameter gets no attribute of a cookie from it", async () => {
  const embedded = await startEmbedded();
  onTestFinished(() => embedded.close());
  const server = createServer(express().use("/:tenant", embedded.chat.router));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = { accept: "text/html" };
  const cookieOf = async (path: string) => (await call(url + path, { headers })).headers["set-cookie"]?.[0];
  expect(await cookieOf("/school/")).toBe("parkbench.cookies=1; Path=/school; HttpOnly; SameSite=Lax");
  expect(await cookieOf("/x;Domain=evil.example;Max-Age=9/")).toBe(
    "parkbench.cookies=1; Path=/x%3BDomain=evil.example%3BMax-Age=9; HttpOnly; SameSite=Lax",
  );
});
