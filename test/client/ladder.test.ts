/** Which transport the browser client uses, and that a change of it loses and doubles nothing. */
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
const MINUTE_MS = 60_000;

function start(options: object = {}, browser: WindowOptions = {}): FakeWindow {
  const window = fakeWindow(built().code("client"), browser);
  connect(window, options);
  return window;
}

/** Lets the socket and the stream fail, and the poll work. */
function pollOnly(window: FakeWindow): void {
  window.open("/ws").cut();
  window.clock.advance(0);
  window.open("/events").cut();
  window.clock.advance(0);
  window.open("/poll").answer(200, batch([], 10));
  window.clock.advance(0);
}

/** Time passes in which nobody writes. */
function quiet(window: FakeWindow, ms: number): void {
  const cursor = Number.parseInt(String(window.run("chat.cursor")), 10);
  for (let passedMs = 0; passedMs < ms; passedMs += 15_000) {
    window.clock.advance(15_000);
    window.open("/ws").frame(batch([], cursor));
  }
}

describe("the ladder", () => {
  it("uses the WebSocket once its first frame has come", () => {
    const window = start();
    expect(window.open("/ws").query.get("since")).toBe("10-k7Qd");
    expect(heard(window)).toEqual([]);
    window.open("/ws").frame(batch([11, 12], 12));
    expect(heard(window)).toEqual(["open websocket {}", "message 11", "message 12"]);
    quiet(window, 5 * MINUTE_MS);
    expect(window.wires).toHaveLength(1);
    expect(heard(window)).toEqual([]);
  });

  it("does not count a WebSocket that opens and stays silent: SSE after 5 s, and not before", () => {
    const window = start();
    window.clock.advance(4999);
    expect(window.wires).toHaveLength(1);
    window.clock.advance(1);
    expect(window.count("/ws")).toBe(0);
    expect(window.open("/events").query.get("typed")).toBe("0");
    window.open("/events").frame(batch([], 10));
    window.open("/events").frame({ id: 11, room: "lobby" }, "11-k7Qd");
    expect(heard(window)).toEqual(['open sse {"websocket":"blocked"}', "message 11"]);
    expect(window.run("chat.cursor")).toBe("11-k7Qd");
  });

  it("ends at the poll where everything else is held back", () => {
    const window = start();
    window.clock.advance(10_000);
    window.open("/poll").answer(200, batch([11], 11));
    expect(heard(window)).toEqual(['open poll {"websocket":"blocked","sse":"blocked"}', "message 11"]);
  });

  it("says what this browser lacks, and what was not asked for", () => {
    const window = start({ transports: ["websocket", "poll"] }, { without: ["WebSocket"] });
    window.open("/poll").answer(200, batch([], 10));
    expect(heard(window)).toEqual(['open poll {"websocket":"missing","sse":"off"}']);
  });

  it("remembers a failure for the next page, and tries again after ten minutes", () => {
    const first = start();
    pollOnly(first);
    const next = start({}, { local: first.local });
    expect(next.count("/ws") + next.count("/events")).toBe(0);
    next.open("/poll").answer(200, batch([], 10));
    expect(heard(next)).toEqual(['open poll {"websocket":"resting","sse":"resting"}']);
    next.clock.advance(11 * MINUTE_MS);
    expect(next.wires.filter(({ path }) => path === "/ws")).toHaveLength(1);
  });

  it("goes up again while it runs, without loss, doubling, or two connections for longer", () => {
    const window = start();
    pollOnly(window);
    heard(window);
    while (window.count("/ws") === 0) {
      window.clock.advance(1000);
      if (window.count("/poll")) window.open("/poll").answer(200, batch([], 10));
    }
    window.clock.advance(0);
    window.open("/poll").answer(200, batch([11], 11));
    window.open("/ws").frame(batch([11, 12], 12));
    expect(window.count("/poll")).toBe(0);
    window.clock.advance(1000);
    expect(window.count("/poll")).toBe(0);
    expect(heard(window)).toEqual(["message 11", "open websocket {}", "message 12"]);
  });

  it("keeps the poll where the better one fails again", () => {
    const window = start();
    pollOnly(window);
    heard(window);
    while (window.count("/ws") === 0) {
      window.clock.advance(1000);
      if (window.count("/poll")) window.open("/poll").answer(200, batch([], 10));
    }
    window.open("/ws").cut();
    window.clock.advance(0);
    window.open("/poll").answer(200, batch([11], 11));
    expect(heard(window)).toEqual(["message 11"]);
  });

  it("does not blame the WebSocket where nothing got through", () => {
    const window = start();
    window.open("/ws").cut();
    window.clock.advance(0);
    window.open("/events").cut();
    window.clock.advance(0);
    window.open("/poll").cut();
    window.clock.advance(2000);
    window.open("/poll").answer(200, batch([], 10));
    window.clock.advance(2000);
    window.open("/ws").frame(batch([], 10));
    expect(heard(window).pop()).toBe("open websocket {}");
    expect([...window.local.keys()].filter((key) => key.includes("rest:"))).toEqual([]);
  });

  it("reconnects a broken WebSocket at once with its cursor, silently", () => {
    const window = start();
    window.open("/ws").frame(batch([11], 11));
    quiet(window, 2 * MINUTE_MS);
    window.open("/ws").cut();
    window.clock.advance(0);
    expect(window.open("/ws").query.get("since")).toBe("11-k7Qd");
    window.open("/ws").frame(batch([12], 12));
    expect(heard(window)).toEqual(["open websocket {}", "message 11", "message 12"]);
  });

  it("steps down from one that breaks three times while it is young", () => {
    const window = start();
    for (let times = 0; times < 3; times++) {
      expect(window.count("/events")).toBe(0);
      window.open("/ws").frame(batch([], 10));
      window.clock.advance(1000);
      window.open("/ws").cut();
      window.clock.advance(0);
    }
    expect(window.count("/ws")).toBe(0);
    window.open("/events").frame(batch([], 10));
    expect(heard(window)).toEqual([
      "open websocket {}",
      "close websocket",
      'open sse {"websocket":"blocked"}',
    ]);
  });
});
