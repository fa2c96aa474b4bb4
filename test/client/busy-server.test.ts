/** The browser client at a server that is full or stops: nothing is blamed for it, and nothing remembered. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { batch, connect, type FakeWindow, fakeWindow, heard } from "../support/client-window.js";

const built = builtClient();

function start(transports = ["websocket", "sse", "poll"], jitter = 0.5): FakeWindow {
  const window = fakeWindow(built().code("client"));
  window.run(`Math.random = function () { return ${jitter} }`);
  connect(window, { transports });
  return window;
}

function remembered(window: FakeWindow): string[] {
  return [...window.local.keys()].filter((key) => key.includes("rest:"));
}

describe("a server that is full", () => {
  it.each([1012, 1013])(
    "is polled when it closes a WebSocket with %d, which is tried again beside it",
    (code) => {
      const window = start();
      window.open("/ws").cut(code);
      window.clock.advance(2200);
      window.open("/events").cut();
      window.clock.advance(0);
      window.open("/poll").answer(200, batch([11], 11));
      expect(heard(window)).toEqual(['open poll {"websocket":"waiting","sse":"waiting"}', "message 11"]);
      for (let times = 0; times < 20 && !window.count("/ws"); times++) {
        if (window.count("/poll")) window.open("/poll").answer(200, batch([], 11, { retry: 4000 }));
        window.clock.advance(4000);
      }
      window.open("/ws").frame(batch([12], 12));
      expect(heard(window)).toEqual(["open websocket {}", "message 12"]);
      expect(remembered(window)).toEqual([]);
    },
  );

  it("is not one that does not let a WebSocket through", () => {
    const window = start();
    window.open("/ws").cut(1006);
    window.clock.advance(0);
    window.open("/events").frame(batch([], 10));
    expect(heard(window)).toEqual(['open sse {"websocket":"blocked"}']);
    expect(remembered(window)).toEqual(["parkbench:rest:websocket"]);
  });

  it.each([
    [2000, '{"websocket":"off","sse":"waiting"}', []],
    [0, '{"websocket":"off","sse":"blocked"}', ["parkbench:rest:sse"]],
  ])("shows in the poll that a stream ended for: retry %d", (retry, skipped, rests) => {
    const window = start(["sse", "poll"]);
    window.open("/events").cut();
    window.clock.advance(0);
    window.open("/poll").answer(200, batch([], 10, { retry }));
    expect(heard(window)).toEqual([`open poll ${skipped}`]);
    expect(remembered(window)).toEqual(rests);
  });

  it("does not count against a stream that is tried again beside the poll", () => {
    const window = start(["sse", "poll"]);
    window.open("/events").cut();
    window.clock.advance(0);
    for (let times = 0; times < 40; times++) {
      if (window.count("/poll")) window.open("/poll").answer(200, batch([], 10, { retry: 4000 }));
      if (window.count("/events")) window.open("/events").cut();
      window.clock.advance(4000);
    }
    expect(window.wires.filter(({ path }) => path === "/events").length).toBeGreaterThan(2);
    expect(remembered(window)).toEqual([]);
  });
});

describe("a server that stops", () => {
  it.each([
    [0.25, 600],
    [0.75, 1600],
  ])("has its clients back at different moments: %d", (jitter, ms) => {
    const window = start(["websocket"], jitter);
    window.open("/ws").frame(batch([], 10));
    window.clock.advance(15_000);
    window.open("/ws").cut(1012);
    window.clock.advance(ms - 1);
    expect(window.count("/ws")).toBe(0);
    window.clock.advance(1);
    expect(window.count("/ws")).toBe(1);
    expect(heard(window)).toEqual(["open websocket {}"]);
  });

  it("does not make its WebSockets suspect, however often", () => {
    const window = start();
    for (let times = 0; times < 6; times++) {
      window.open("/ws").frame(batch([], 10));
      window.clock.advance(1000);
      window.open("/ws").cut(1012);
      window.clock.advance(2100);
    }
    expect(window.wires.every(({ path }) => path === "/ws")).toBe(true);
  });
});
