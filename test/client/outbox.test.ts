/** Sends of the browser client: one after the other, never twice, never as somebody else. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { say, sends, startSender } from "../support/client-sender.js";
import { batch, type FakeWindow, fakeWindow, heard } from "../support/client-window.js";

const built = builtClient();

function start(options: object = {}): FakeWindow {
  return startSender(built().code("client"), options);
}

describe("a send", () => {
  it.each([
    [0, "0"],
    ["0", "0"],
    [null, ""],
  ])("of the user %j says that it is of %j", (user, as) => {
    expect(say(start({ user }), "hi").open("/send").form.get("as")).toBe(as);
  });

  it("carries room, nonce, user and token, and is over with the server's answer", () => {
    const window = say(start({ rooms: ["garden"] }), "hi");
    const { form, headers } = window.open("/send");
    expect(Object.fromEntries(form)).toEqual({
      room: "garden",
      text: "hi",
      as: "7",
      nonce: expect.stringMatching(/^[\da-v]{20}$/),
    });
    expect(headers["X-Parkbench-Token"]).toBe("t");
    window.open("/send").answer(201, { id: 11 });
    window.clock.advance(0);
    expect(heard(window)).toEqual(["sent 11"]);
    window.clock.advance(600_000);
    expect(sends(window)).toEqual(["hi"]);
  });

  it("waits for the one before it, and goes on after a refused one", () => {
    const window = say(say(start(), "one"), "two");
    expect(sends(window)).toEqual(["one"]);
    window.open("/send").answer(400, { code: "text_too_long" });
    expect(sends(window)).toEqual(["one", "two"]);
    window.open("/send").answer(200, { id: 12 });
    window.clock.advance(0);
    expect(heard(window)).toEqual(["failed text_too_long", "sent 12"]);
  });

  it("that is refused for being too fast or too soon is sent again when Retry-After says so, not before", () => {
    const window = say(say(start(), "one"), "two");
    window.open("/send").answer(429, { code: "slow_mode" }, { "Retry-After": "40" });
    window.clock.advance(39_900);
    expect([sends(window), heard(window)]).toEqual([["one"], []]);
    window.clock.advance(200);
    expect(sends(window)).toEqual(["one", "one"]);
    window.open("/send").answer(201, { id: 11 });
    window.clock.advance(0);
    expect([sends(window).at(-1), heard(window)]).toEqual(["two", ["sent 11"]]);
  });

  it.each([
    ["no answer", 0, ""],
    ["a proxy's page", 502, "<html>"],
    ["a page with 200", 200, "<html>"],
    ["a full disk", 503, { code: "storage_full" }],
    ["too many", 429, { code: "too_many" }],
    ["a proxy's 403", 403, "<html>"],
  ])("is repeated with the same nonce after %s, and stays the first", (_what, status, body) => {
    const window = say(say(start(), "one"), "two");
    const nonces: (string | null)[] = [];
    for (let times = 0; times < 4; times++) {
      nonces.push(window.open("/send").form.get("nonce"));
      window.open("/send").answer(status, body);
      expect(window.count("/send")).toBe(0);
      while (window.count("/send") === 0) window.clock.advance(100);
    }
    window.open("/send").answer(200, { id: 11 });
    expect(new Set(nonces).size).toBe(1);
    expect(sends(window)).toEqual(["one", "one", "one", "one", "one", "two"]);
  });

  it("honours Retry-After, and does not sit it out when the page is back", () => {
    const window = say(start(), "one");
    window.open("/send").answer(503, { code: "storage_busy" }, { "Retry-After": "20" });
    window.clock.advance(19_999);
    expect(sends(window)).toHaveLength(1);
    window.fire("online");
    expect(sends(window)).toHaveLength(2);
  });

  it("is not hurried by the next one", () => {
    const window = say(start(), "one");
    window.open("/send").cut();
    say(window, "two");
    expect(sends(window)).toEqual(["one"]);
    window.clock.advance(1000);
    expect(sends(window)).toEqual(["one", "one"]);
  });

  it("asks who is signed in where the page does not say so", () => {
    const window = fakeWindow(built().code("client"));
    window.run(`var chat = Parkbench.connect({ transports: ["poll"] }); chat.send("hi")`);
    expect(sends(window)).toEqual([]);
    window.open("/session").answer(200, { user: { id: 9, name: "Ana" }, token: "told" });
    const { form, headers } = window.open("/send");
    expect(form.get("as")).toBe("9");
    expect(headers["X-Parkbench-Token"]).toBe("told");
  });

  it("of nobody says so, so that it is not whoever has signed in meanwhile", () => {
    const window = say(start({ user: null, token: null }), "hi");
    expect(window.open("/send").form.get("as")).toBe("");
    window.open("/send").answer(403, { code: "wrong_user" });
    window.clock.advance(0);
    expect(heard(window)).toEqual(["failed wrong_user"]);
    window.clock.advance(600_000);
    expect(sends(window)).toEqual(["hi"]);
  });

  it.each([404, 200])("asks again, ever more slowly, while a page (%d) comes for the session", (status) => {
    const window = say(start({ user: undefined, token: undefined }), "hi");
    for (let times = 0; times < 8; times++) {
      window.open("/session").answer(status, "<html>Cannot GET</html>");
      expect(window.count("/session")).toBe(0);
      while (window.count("/session") === 0) window.clock.advance(100);
    }
    const [first, second, ...more] = window.wires.filter(({ path }) => path === "/session");
    const last = more.at(-1);
    if (!first || !second || !last) throw new Error("not asked");
    expect(second.at - first.at).toBeLessThan(1200);
    expect(last.at - (more.at(-2)?.at ?? 0)).toBeGreaterThan(15_000);
    window.open("/session").answer(200, { user: { id: 9 }, token: "t" });
    expect(window.open("/send").form.get("as")).toBe("9");
  });

  it("is over when the server refuses to say who is signed in", () => {
    const window = say(start({ user: undefined, token: undefined }), "hi");
    window.open("/session").answer(404, { code: "not_found" });
    window.clock.advance(600_000);
    expect(heard(window)).toEqual(["failed not_found"]);
    expect(sends(window)).toEqual([]);
    expect(window.count("/session")).toBe(0);
  });

  it("asks once for a fresh token when its own is stale, and then believes the refusal", () => {
    const window = say(start(), "one");
    window.open("/send").answer(403, { code: "cross_site" });
    window.open("/session").answer(200, { user: { id: 7 }, token: "fresh" });
    expect(window.open("/send").headers["X-Parkbench-Token"]).toBe("fresh");
    expect(window.open("/send").form.get("as")).toBe("7");
    window.open("/send").answer(403, { code: "cross_site" });
    window.clock.advance(0);
    expect(heard(window)).toEqual(["failed cross_site"]);
    expect(window.count("/session")).toBe(0);
  });

  it("encodes what cannot be encoded, rather than being stuck with it", () => {
    const window = start();
    window.run('say("half \\ud800 pair")');
    expect(sends(window)).toEqual(["half \ufffd pair"]);
  });

  it("looks after a connection that does not bring its row", () => {
    const window = start({ transports: ["websocket"] });
    window.open("/ws").frame(batch([], 10));
    window.clock.advance(30_000);
    window.open("/ws");
    say(window, "one").open("/send").answer(201, { id: 11 });
    window.clock.advance(4999);
    expect(window.wires.filter(({ path }) => path === "/ws")).toHaveLength(1);
    window.clock.advance(1);
    expect(window.wires.filter(({ path }) => path === "/ws")).toHaveLength(2);
    window.open("/ws").frame(batch([11], 11));
    say(window, "two").open("/send").answer(201, { id: 12 });
    window.open("/ws").frame(batch([12], 12));
    window.clock.advance(30_000);
    expect(window.wires.filter(({ path }) => path === "/ws")).toHaveLength(2);
  });
});
