/** Without cookies in a chat that a host has mounted: with Parkbench's own names it works; with the host's users it is not there. */
import { describe, expect, it } from "vitest";
import { Cookieless } from "../support/cookieless.js";
import { embedded, hostIdentity } from "../support/embedded.js";
import { fieldIn, messagesIn } from "../support/html.js";
import { call } from "../support/http-client.js";

describe("mounted, with names of its own", () => {
  const app = embedded();

  it("signs in, posts and waits below its path, and makes no session of the host's", async () => {
    const ana = new Cookieless(app().bench.url);
    await ana.enter("Ana");
    expect(ana.seen[0]?.headers["set-cookie"]).toEqual([
      "parkbench.cookies=1; Path=/chat; HttpOnly; SameSite=Lax",
    ]);
    expect([ana.answer.status, ana.answer.headers["set-cookie"]]).toEqual([200, undefined]);
    await ana.press("Lobby");
    await ana.press("Send", { text: "hello" });
    expect(messagesIn(ana.text)).toEqual(["hello"]);
    await ana.press("All rooms");
    await ana.press("Sign out");
    expect(ana.text).not.toContain("You are");
  });

  it("a browser with the host's cookie signs in by cookie", async () => {
    const cookie = await app().login("ana");
    const { text } = await call(app().bench.url, { headers: { accept: "text/html", cookie } });
    expect(fieldIn(text, "sealed")).toBeUndefined();
    const form = { page: "1", name: "Bo", token: fieldIn(text, "token") ?? "", sealed: "" };
    const signedIn = await call(`${app().bench.url}/session`, { form, headers: { cookie } });
    expect([signedIn.status, signedIn.headers["set-cookie"]?.length]).toEqual([303, 1]);
  });
});

describe("mounted, with the host's own users", () => {
  const app = embedded({ identity: hostIdentity, guests: true });

  it("no form has the field, no cookie is set, and the field is worth nothing", async () => {
    for (const path of ["", "/rooms/lobby", "/rooms/lobby/write"]) {
      const page = await call(app().bench.url + path, { headers: { accept: "text/html" } });
      expect([page.status, page.headers["set-cookie"]]).toEqual([200, undefined]);
      expect(page.text).not.toContain("sealed");
    }
    const form = { page: "1", name: "Guido", text: "hi", sealed: "sealed1.x" };
    expect((await call(`${app().bench.url}/send`, { form })).status).toBe(303);
    const navigated = await call(`${app().bench.url}/page`, {
      form: { page: "1", room: "lobby", sealed: "x" },
    });
    expect([navigated.status, navigated.headers.location]).toEqual([303, "/chat/rooms/lobby"]);
  });
});
