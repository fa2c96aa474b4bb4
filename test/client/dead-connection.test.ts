/** Connections that have died without anybody having said so: the browser client opens them anew, from its cursor. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { batch, connect, type FakeWindow, fakeWindow, heard } from "../support/client-window.js";

const built = builtClient();
const MINUTE_MS = 60_000;

function start(options: object = {}): FakeWindow {
  const window = fakeWindow(built().code("client"));
  connect(window, options);
  return window;
}

/** Time passes in which nobody writes. */
function quiet(window: FakeWindow, ms: number): void {
  const cursor = Number.parseInt(String(window.run("chat.cursor")), 10);
  for (let passedMs = 0; passedMs < ms; passedMs += 15_000) {
    window.clock.advance(15_000);
    window.open("/ws").frame(batch([], cursor));
  }
}

describe("a connection that may be dead", () => {
  it("opens a WebSocket anew that brings nothing for 40 s, not even the server's sign of life", () => {
    const window = start();
    window.open("/ws").frame(batch([11], 11));
    quiet(window, MINUTE_MS);
    window.clock.advance(39_999);
    expect(window.wires).toHaveLength(1);
    window.clock.advance(1);
    expect(window.wires).toHaveLength(2);
    expect(window.open("/ws").query.get("since")).toBe("11-k7Qd");
    window.open("/ws").frame(batch([12], 12));
    expect(heard(window)).toEqual(["open websocket {}", "message 11", "message 12"]);
  });

  it("reopens a stream that ended, and one that nobody ended", () => {
    const window = start({ transports: ["sse", "poll"] });
    window.open("/events").frame(batch([], 10));
    window.clock.advance(50_000);
    window.open("/events").cut();
    window.clock.advance(0);
    window.open("/events").frame(batch([], 10));
    window.clock.advance(74_999);
    expect(window.wires).toHaveLength(2);
    window.clock.advance(1);
    expect(window.count("/events")).toBe(1);
    expect(window.wires).toHaveLength(3);
    expect(heard(window)).toHaveLength(1);
  });

  it("opens anew when the page is back and the last frame is old, and not when it is young", () => {
    const window = start();
    window.open("/ws").frame(batch([], 10));
    window.clock.advance(19_000);
    window.fire("online");
    expect(window.wires).toHaveLength(1);
    window.clock.advance(2000);
    window.fire("visibilitychange");
    expect(window.wires).toHaveLength(2);
    expect(window.count("/ws")).toBe(1);
  });
});
