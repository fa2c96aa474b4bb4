/** Which transport is used: down at once where it is blocked, back after minutes, and never for a server that is away. */
import { describe, expect, it } from "vitest";
import { ChatError } from "../../src/node-client/errors.js";
import { Ladder, type Turn } from "../../src/node-client/ladder.js";

const NEVER: Turn = { counted: false, livedMs: 0 };
const SHORT: Turn = { counted: true, livedMs: 2000 };
const LONG: Turn = { counted: true, livedMs: 55_000 };
const TEN_MINUTES = 600_000;

function setUp() {
  let now = 0;
  const ladder = new Ladder(["websocket", "sse", "poll"], () => now);
  return { ladder, later: (ms: number) => (now += ms) };
}

function trouble(code: string, status = 0): ChatError {
  return new ChatError(status, code, "");
}

describe("the ladder", () => {
  it.each([
    ["silent", 0],
    ["blocked", 426],
    ["garbled", 200],
    ["garbled", 404],
    ["no_room", 404],
  ])("goes one step down at once for %s %d before the first frame", (code, status) => {
    const { ladder } = setUp();
    ladder.failed("websocket", trouble(code, status), NEVER);
    expect(ladder.current).toBe("sse");
    ladder.failed("sse", trouble(code, status), NEVER);
    expect(ladder.current).toBe("poll");
  });

  it.each([
    ["a cut", trouble("cut"), NEVER],
    ["a short life", trouble("cut"), SHORT],
    ["silence after the first frame", trouble("silent"), SHORT],
    ["a proxy's 502", trouble("garbled", 502), NEVER],
  ])("takes two of %s for accidents, and the third for the rule", (_what, error, turn) => {
    const { ladder } = setUp();
    ladder.failed("websocket", error, turn);
    ladder.failed("websocket", error, turn);
    expect(ladder.current).toBe("websocket");
    ladder.failed("websocket", error, turn);
    expect(ladder.current).toBe("sse");
  });

  it("never blames a transport for a server that is away, or that stops", () => {
    const { ladder } = setUp();
    for (let times = 0; times < 20; times += 1) {
      ladder.failed("websocket", trouble("unreachable"), NEVER);
      ladder.failed("websocket", trouble("closed", 503), NEVER);
    }
    expect(ladder.current).toBe("websocket");
  });

  it("forgives one that lives long each time, however often it breaks", () => {
    const { ladder } = setUp();
    for (let times = 0; times < 20; times += 1) ladder.failed("websocket", trouble("cut"), LONG);
    expect(ladder.current).toBe("websocket");
  });

  it("remembers for ten minutes, and then tries again", () => {
    const { ladder, later } = setUp();
    ladder.failed("websocket", trouble("blocked", 426), NEVER);
    later(TEN_MINUTES - 1);
    expect(ladder.current).toBe("sse");
    later(1);
    expect(ladder.current).toBe("websocket");
  });

  it("gives all of them a new chance where not even the last works, and none where it has worked", () => {
    for (const hasWorked of [false, true]) {
      const { ladder } = setUp();
      ladder.failed("websocket", trouble("silent"), NEVER);
      ladder.failed("sse", trouble("silent"), NEVER);
      if (hasWorked) ladder.ended("poll");
      for (let times = 0; times < 3; times += 1) ladder.failed("poll", trouble("garbled", 502), NEVER);
      expect(ladder.current).toBe(hasWorked ? "poll" : "websocket");
    }
  });

  it("has one rung and stays on it", () => {
    const ladder = new Ladder(["sse"], () => 0);
    for (let times = 0; times < 9; times += 1) ladder.failed("sse", trouble("silent"), NEVER);
    expect(ladder.current).toBe("sse");
  });
});
