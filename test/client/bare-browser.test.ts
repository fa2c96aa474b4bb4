/** The browser client where nearly everything is missing that it could use. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { batch, fakeWindow } from "../support/client-window.js";

const built = builtClient();

describe("an old browser", () => {
  const old = ["Promise", "JSON", "WebSocket", "EventSource", "addEventListener", "localStorage"];

  it("polls without Promise, JSON, storage, or XMLHttpRequest", () => {
    const code = built().code("client");
    const bare = fakeWindow(`var ActiveXObject = XMLHttpRequest; XMLHttpRequest = undefined; ${code}`, {
      without: [...old, "sessionStorage", "Map", "Set", "Symbol", "Uint8Array", "crypto"],
    });
    bare.run(`
      var heard = "";
      var chat = Parkbench.connect({ since: "10-k7Qd" });
      chat.onmessage = function (message) { heard += message.id + message.text; };
      chat.onopen = function (state) { heard += state.transport; };
    `);
    bare.clock.advance(0);
    bare.open("/poll").answer(200, batch([{ id: 11, text: 'a "b"\u2028(c)' }], 11));
    expect(bare.run("heard")).toBe('poll11a "b"\u2028(c)');
  });

  it("calls nothing that comes in place of JSON", () => {
    const bare = fakeWindow(built().code("client"), { without: old });
    bare.run("var called = 0; function alert() { called++ } Parkbench.connect({})");
    bare.clock.advance(0);
    bare.open("/poll").answer(200, '{"messages":[alert()],"next":"11-k7Qd"}');
    expect(bare.run("called")).toBe(0);
  });
});
