/** The browser client's long poll: its wait, its pauses, and what it does with answers that are none. */
import { beforeEach, describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { batch, connect, type FakeWindow, fakeWindow, heard } from "../support/client-window.js";
import type { Wire } from "../support/client-wire.js";

const OPEN = 'open poll {"websocket":"off","sse":"off"}';
const built = builtClient();
let window: FakeWindow;

beforeEach(() => {
  window = fakeWindow(built().code("client"));
  connect(window, { transports: ["poll"] });
});

function poll(): Wire {
  return window.open("/poll");
}

function wait(): number {
  return Number(poll().query.get("wait"));
}

/** Answers the first poll, which does not park, so that the next one does. */
function parked(): Wire {
  poll().answer(200, batch([], 10));
  window.clock.advance(0);
  return poll();
}

describe("the long poll", () => {
  it("asks for an answer at once first, and then parks for 25 s", () => {
    expect(wait()).toBe(0);
    parked();
    expect(wait()).toBe(25);
    window.clock.advance(24_000);
    expect(window.wires).toHaveLength(2);
  });

  it("never uses an address twice", () => {
    for (let times = 0; times < 5; times++) {
      poll().answer(200, batch([], 10));
      window.clock.advance(1000);
    }
    const other = fakeWindow(built().code("client"));
    other.run("Math.random = function () { return 0.3 }");
    connect(other, { transports: ["poll"] });
    const addresses = [...window.wires, ...other.wires].map(({ query }) => query.toString());
    expect(addresses).toHaveLength(7);
    expect(new Set(addresses).size).toBe(7);
  });

  it.each([
    ["a gateway's page", 504, "<html>Gateway Time-out</html>"],
    ["a gateway that is bad", 502, ""],
    ["half an answer", 200, '{"messages":[{"id":11'],
    ["a page instead of JSON", 200, "<html>Sign in to the network</html>"],
    ["JSON that is no batch", 200, "17"],
  ])("halves its wait after %s that came late, down to 3 s, and keeps it", (_what, status, body) => {
    for (const shorter of [25, 12, 6, 3, 3]) {
      parked();
      expect(wait()).toBe(shorter);
      window.clock.advance(shorter * 900);
      poll().answer(status, body);
      window.clock.advance(1100);
      expect(wait()).toBe(0);
    }
  });

  /** Ends a parked poll at an age, and lets the next ones fail or through. */
  function cutAt(ageMs: number, status = 0, body: object | string = "", failures = 0): number {
    if (wait() === 0) parked();
    window.clock.advance(ageMs);
    poll().answer(status, body);
    for (let times = 0; times < failures; times++) {
      while (window.count("/poll") === 0) window.clock.advance(100);
      poll().cut();
    }
    while (window.count("/poll") === 0) window.clock.advance(100);
    parked();
    return wait();
  }

  it("halves it when it is cut by a clock, and not when the server is away, young or answers itself", () => {
    for (let restarts = 0; restarts < 5; restarts++) expect(cutAt(2000)).toBe(25);
    expect(cutAt(8000)).toBe(25);
    expect(cutAt(24_000, 0, "", 1)).toBe(25);
    expect(cutAt(24_000, 503, { code: "storage_busy" })).toBe(25);
    expect(cutAt(10_000)).toBe(12);
  });

  it("does not take a sleep for a cut", () => {
    const sleeper = parked();
    window.clock.sleep(3_600_000);
    expect(sleeper.isOver).toBe(true);
    while (window.count("/poll") === 0) window.clock.advance(100);
    parked();
    expect(wait()).toBe(25);
  });

  it("gives an answer ten seconds more than its wait, and no longer", () => {
    parked();
    window.clock.advance(34_999);
    expect(window.count("/poll")).toBe(1);
    window.clock.advance(1);
    expect(window.count("/poll")).toBe(0);
    expect(heard(window)).toEqual([OPEN, "close poll"]);
    window.clock.advance(1000);
    expect(wait()).toBe(0);
  });

  it("backs off, up to 30 s, and is back at once when the page is", () => {
    const pauses: number[] = [];
    for (let times = 0; times < 9; times++) {
      const failedAt = window.clock.now;
      poll().cut();
      while (window.count("/poll") === 0) window.clock.advance(50);
      pauses.push(poll().at - failedAt);
    }
    expect(pauses).toEqual([600, 1100, 2100, 4100, 8100, 15_100, 15_100, 15_100, 15_100]);
    poll().cut();
    expect(window.count("/poll")).toBe(0);
    window.fire("pageshow", { persisted: false });
    expect(window.count("/poll")).toBe(0);
    window.fire("pageshow", { persisted: true });
    expect(window.count("/poll")).toBe(1);
  });

  it("honours retry, and asks again at once without it", () => {
    poll().answer(200, batch([], 10, { retry: 3000 }));
    window.clock.advance(2999);
    expect(window.count("/poll")).toBe(0);
    window.clock.advance(1);
    expect(window.count("/poll")).toBe(1);
    poll().answer(200, batch([11], 11, { more: true }));
    window.clock.advance(0);
    expect(window.count("/poll")).toBe(1);
  });

  it("makes no busy loop of an answer that neither waited nor brought anything", () => {
    parked().answer(200, batch([], 10));
    window.clock.advance(999);
    expect(window.count("/poll")).toBe(0);
    window.clock.advance(1);
    poll().answer(200, batch([], 12));
    window.clock.advance(0);
    expect(window.count("/poll")).toBe(1);
  });

  it("honours Retry-After of 429 and 503", () => {
    poll().answer(429, { code: "too_many", status: 429 }, { "Retry-After": "7" });
    window.clock.advance(6999);
    expect(window.count("/poll")).toBe(0);
    window.clock.advance(1);
    expect(window.count("/poll")).toBe(1);
    expect(heard(window)).toEqual([]);
  });

  it("stops at a refusal of ours, and not at a proxy's", () => {
    poll().answer(403, "<html>blocked by policy</html>");
    window.clock.advance(30_100);
    poll().answer(404, { code: "no_room", status: 404 });
    window.clock.advance(600_000);
    expect(window.count("/poll")).toBe(0);
    expect(heard(window)).toEqual(["error no_room"]);
  });

  it("gives out each row once, in order, and starts over after a reset", () => {
    parked().answer(200, batch([11, 12], 12));
    window.clock.advance(0);
    poll().answer(200, batch([12, 13], 13));
    window.clock.advance(0);
    poll().answer(200, { ...batch([3, 4], 4), reset: { reason: "epoch" } });
    expect(heard(window)).toEqual([
      OPEN,
      ...["message 11", "message 12", "message 13"],
      ...["reset epoch", "message 3", "message 4"],
    ]);
    expect(window.run("chat.cursor")).toBe("4-k7Qd");
  });

  it("goes on when the page's own handler throws", () => {
    window.run("chat.onmessage = function (message) { log.push(message.id); throw new Error('page') }");
    parked().answer(200, batch([11, 12], 12));
    expect(heard(window).slice(1)).toEqual([11, 12]);
    expect(() => window.clock.advance(0)).toThrow("page");
  });

  it("asks and tells nothing more once it is closed", () => {
    const last = parked();
    window.run("chat.close()");
    expect(last.isOver).toBe(true);
    window.fire("online");
    window.clock.advance(600_000);
    expect(window.wires).toHaveLength(2);
  });
});
