/** Sends of the browser client that outlive their page: sent once, as the one who wrote them, or not at all. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { say, sends, startSender } from "../support/client-sender.js";
import { type FakeWindow, heard, type WindowOptions } from "../support/client-window.js";

const built = builtClient();

function start(options: object = {}, browser: WindowOptions = {}): FakeWindow {
  return startSender(built().code("client"), options, browser);
}

/** What a browser holds after its page was left in the middle of a send. */
function left(options: object = {}): WindowOptions {
  const { local, session } = say(start(options), "pending");
  return { local, session };
}

describe("a page that is left in the middle of a send", () => {
  it("sends it when it is back, with the nonce it had", () => {
    const before = say(start(), "pending");
    const after = start({}, { session: before.session });
    expect(after.open("/send").form.toString()).toBe(before.open("/send").form.toString());
    after.open("/send").answer(200, { id: 11 });
    expect(after.session.size).toBe(0);
  });

  it("sends nothing that is acknowledged", () => {
    const before = say(start(), "pending");
    before.open("/send").answer(201, { id: 11 });
    expect(sends(start({}, { session: before.session }))).toEqual([]);
  });

  it.each([
    ["somebody else", { user: 8 }, { user: 7 }],
    ["nobody", { user: null }, { user: 7 }],
    ["somebody, and it was nobody's", { user: 7 }, { user: null }],
  ])("sends nothing, and drops it, when it is %s's now", (_whose, now, then) => {
    const browser = left(then);
    expect(browser.session?.size).toBe(1);
    const window = start(now, browser);
    expect(sends(window)).toEqual([]);
    expect(browser.session?.size).toBe(0);
  });

  it("sends nothing as whom the server only now tells of", () => {
    const window = start({ user: undefined, token: undefined }, left());
    window.run("1");
    window.open("/session").answer(200, { user: { id: 8 }, token: "t" });
    expect(sends(window)).toEqual([]);
    expect(window.session.size).toBe(0);
  });

  it("keeps nothing before it is known whose it is", () => {
    expect(left({ user: undefined, token: undefined }).session?.size).toBe(0);
  });

  it("keeps nothing after the sign-out", () => {
    const window = say(say(start(), "one"), "two");
    window.run("Parkbench.forget()");
    expect([...window.session, ...window.local]).toEqual([]);
    window.clock.advance(0);
    expect(heard(window)).toEqual(["failed forgotten", "failed forgotten"]);
    window.open("/send").answer(201, { id: 11 });
    window.clock.advance(600_000);
    expect(sends(window)).toEqual(["one"]);
  });

  it("tells the page what it sends, and what came of it", () => {
    const window = start({}, left());
    window.run(`
      for (var i = 0; i < chat.kept.length; i++) {
        log.push(chat.kept[i].text + " in " + chat.kept[i].room);
        chat.kept[i].then(null, function (no) { log.push("refused: " + no.code); });
      }
    `);
    window.open("/send").answer(409, { code: "name_taken" });
    window.clock.advance(0);
    expect(heard(window)).toEqual(["pending in lobby", "refused: name_taken"]);
    expect(window.session.size).toBe(0);
    expect(start({}, { session: window.session }).run("chat.kept.length")).toBe(0);
  });
});

describe("signing out", () => {
  it("clears what other tabs have not sent, at once, and no other browser's", () => {
    const tabs: FakeWindow[] = [];
    const local = new Map<string, string>();
    const [here, there] = [start({}, { tabs, local }), say(start({}, { tabs, local }), "private")];
    const elsewhere = say(start({}, { tabs }), "somebody else's");
    here.run("Parkbench.forget()");
    there.clock.advance(0);
    expect(heard(there)).toEqual(["failed forgotten"]);
    expect(there.session.size).toBe(0);
    there.open("/send").cut();
    there.clock.advance(600_000);
    expect(sends(there)).toEqual(["private"]);
    elsewhere.clock.advance(0);
    expect(heard(elsewhere)).toEqual([]);
    expect(elsewhere.session.size).toBe(1);
  });
});

describe("two chats of one page", () => {
  it("keep what both have not sent, and the next page sends each once", () => {
    const window = say(start(), "from one");
    window.run(
      `Parkbench.connect({ user: 7, token: "t", share: false, transports: ["poll"] }).send("from two")`,
    );
    const after = start({}, { session: window.session });
    after.run(`Parkbench.connect({ user: 7, token: "t", share: false, transports: ["poll"] })`);
    after.open("/send").answer(201, { id: 11 });
    after.open("/send").answer(201, { id: 12 });
    expect(sends(after)).toEqual(["from one", "from two"]);
    expect(after.session.size).toBe(0);
  });

  it("lose nothing of the other's when their own is acknowledged or closed", () => {
    const window = say(start(), "from one");
    window.run(`
      var other = Parkbench.connect({ user: 7, token: "t", share: false, transports: ["poll"] });
      other.send("from two");
    `);
    window.wires.find(({ path }) => path === "/send")?.answer(201, { id: 11 });
    window.run("other.close()");
    say(window, "from one again").open("/poll");
    expect(sends(start({}, { session: window.session }))).toEqual(["from two"]);
    expect([...window.session.values()].join()).toContain("from one again");
    expect([...window.session.values()].join()).not.toContain('"from one"');
  });
});
