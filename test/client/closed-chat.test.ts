/** A chat that the page has closed: it leaves nothing behind, and what was not sent is told and kept. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import {
  batch,
  connect,
  type FakeWindow,
  fakeWindow,
  heard,
  type WindowOptions,
} from "../support/client-window.js";

const built = builtClient();
const CONNECT = `Parkbench.connect({ user: 7, token: "t", since: "10-k7Qd", transports: ["websocket"] })`;

function open(browser: WindowOptions = {}): FakeWindow {
  return fakeWindow(built().code("client"), { tabsCode: built().code("tabs"), ...browser });
}

function settle(...some: FakeWindow[]): void {
  for (let times = 0; times < 40; times++) for (const window of some) window.clock.advance(10);
}

describe("a closed chat", () => {
  it("ends what is not sent, and everything that is sent later, and leaves the first to the next page", () => {
    const window = open();
    connect(window, { user: 7, token: "t", transports: ["poll"] });
    window.run(`
      function say(text) {
        chat.send(text).then(null, function (no) { log.push(text + " " + no.code); });
      }
      say("one"); say("two"); chat.close(); say("three");
    `);
    window.clock.advance(0);
    expect(heard(window)).toEqual(["one closed", "two closed", "three closed"]);
    window.open("/send").cut();
    window.clock.advance(600_000);
    expect(window.count("/send")).toBe(0);
    const next = open({ session: window.session });
    next.run(`var chat = ${CONNECT}`);
    expect(next.run("chat.kept.length")).toBe(2);
    expect(next.open("/send").form.get("text")).toBe("one");
  });

  it("leaves nothing to the next page of what it did not know the author of", () => {
    const window = open();
    connect(window, { user: undefined, token: undefined, transports: ["poll"] });
    window.run('chat.send("whose?"); chat.close()');
    window.run(`var next = ${CONNECT}`);
    expect(window.run("next.kept.length")).toBe(0);
    expect(window.count("/send")).toBe(0);
  });

  it("is forgotten by the page, and begins nothing when it is closed at once", () => {
    const window = open();
    for (let times = 0; times < 3; times++) window.run(`${CONNECT}.close()`);
    window.clock.advance(1000);
    window.fire("online");
    expect(window.run("Parkbench.cores.length")).toBe(0);
    expect(window.wires).toEqual([]);
    expect([...window.local]).toEqual([]);
    window.run(CONNECT);
    window.clock.advance(0);
    expect(window.run("Parkbench.cores.length")).toBe(1);
    expect(window.local.size).toBe(1);
  });

  it.each(["before", "after"])("does not keep others from sharing (closed %s they come)", async (when) => {
    const [tabs, local, locks]: [FakeWindow[], Map<string, string>, (() => void)[]] = [[], new Map(), []];
    const first = open({ tabs, local, locks });
    first.run(`var chat = ${CONNECT}`);
    first.clock.advance(0);
    first.open("/ws").frame(batch([], 10));
    if (when === "before") first.run("chat.close()");
    const others = [open({ tabs, local, locks }), open({ tabs, local, locks })];
    for (const window of others) {
      window.run(`var chat = ${CONNECT}`);
      window.clock.advance(0);
      window.open("/ws").frame(batch([], 10));
      settle(first, ...others);
    }
    if (when === "after") first.run("chat.close()");
    for (let times = 0; times < 20; times++) {
      // A lock is handed on in a turn of its own.
      await Promise.resolve();
      settle(first, ...others);
      for (const window of others) if (window.count("/ws")) window.open("/ws").frame(batch([], 10));
    }
    expect(first.count("/ws")).toBe(0);
    expect(others.map((window) => window.count("/ws")).sort()).toEqual([0, 1]);
  });
});

describe("the tabs' script", () => {
  it("is asked for again by the next tab when it did not come", () => {
    const window = open();
    window.run(`
      var scripts = [];
      document.getElementsByTagName = function () {
        return [{ appendChild: function (script) { scripts.push(script); } }];
      };
      ${CONNECT};
    `);
    window.clock.advance(0);
    const another = () => window.fire("storage", { key: "parkbench:tab:", newValue: "+one" });
    another();
    another();
    expect(window.run("scripts.length")).toBe(1);
    window.run("scripts[0].onerror()");
    another();
    expect(window.run("scripts.length")).toBe(2);
  });
});
