/** Several tabs, one connection: who reads, who takes what, and what happens when the one that reads falls silent. */
import { beforeEach, describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { batch, connect, type FakeWindow, fakeWindow, heard } from "../support/client-window.js";

const built = builtClient();
/** For those that are to be refused: only a poll hears why. */
const LOW = { transports: ["websocket", "poll"] };

describe.each([true, false])("tabs, with Web Locks: %s", (hasLocks) => {
  let tabs: FakeWindow[];
  let local: Map<string, string>;
  let locks: (() => void)[] | undefined;

  beforeEach(() => {
    tabs = [];
    local = new Map();
    locks = hasLocks ? [] : undefined;
  });

  function tab(options: object = {}): FakeWindow {
    const tabsCode = built().code("tabs");
    const shared = { tabs, local, tabsCode, ...(locks && { locks }) };
    const window = fakeWindow(built().code("client"), shared);
    connect(window, { transports: ["websocket"], share: true, ...options });
    window.open("/ws").frame(batch([], Number.parseInt(String(window.run("chat.cursor")), 10)));
    heard(window);
    return window;
  }

  /** Lets the tabs find each other. */
  function settle(...some: FakeWindow[]): void {
    for (let times = 0; times < 40; times++) for (const window of some) window.clock.advance(10);
  }

  function pair(options: object = {}): [FakeWindow, FakeWindow] {
    const leader = tab();
    const follower = tab(options);
    settle(leader, follower);
    if (leader.count("/ws") === 0) throw new Error("the other one leads");
    return [leader, follower];
  }

  it("read by the first one's connection", () => {
    const [leader, follower] = pair();
    expect([leader.count("/ws"), follower.count("/ws")]).toEqual([1, 0]);
    leader.open("/ws").frame(batch([11, 12], 12));
    expect(heard(leader)).toEqual(["message 11", "message 12"]);
    expect(heard(follower)).toEqual(["message 11", "message 12"]);
    expect(follower.run("chat.cursor + chat.transport")).toBe("12-k7Qdwebsocket");
  });

  it("that are further back are caught up, and nobody is told anything twice", () => {
    const [leader, follower] = pair({ since: "5-k7Qd" });
    expect(leader.open("/ws").query.get("since")).toBe("5-k7Qd");
    leader.open("/ws").frame(batch([6, 10], 10));
    leader.open("/ws").frame(batch([11], 11));
    expect(heard(leader)).toEqual(["message 11"]);
    expect(heard(follower)).toEqual(["message 6", "message 10", "message 11"]);
  });

  it("have other rooms read for them, and get no other", () => {
    const [leader, follower] = pair({ rooms: ["garden"] });
    expect(leader.open("/ws").query.getAll("room")).toEqual(["lobby", "garden"]);
    leader.open("/ws").frame(batch([11, { id: 12, room: "garden" }], 12));
    expect(heard(leader)).toEqual(["message 11"]);
    expect(heard(follower)).toEqual(["message 12"]);
    for (const [window, room] of [
      [leader, "lobby"],
      [follower, "garden"],
    ] as const) {
      window.run('chat.send("hi")');
      expect(window.open("/send").form.get("room")).toBe(room);
    }
    expect(leader.run("chat.cursor") === follower.run("chat.cursor")).toBe(true);
  });

  it("go on alone when the one that reads falls silent, and together when it is back", () => {
    const [leader, follower] = pair();
    leader.open("/ws").frame(batch([11], 11));
    const frozen = tabs.splice(0, 1);
    follower.clock.advance(hasLocks ? 80_000 : 9000);
    expect(follower.open("/ws").query.get("since")).toBe("11-k7Qd");
    follower.open("/ws").frame(batch([12], 12));
    tabs.unshift(...frozen);
    if (!hasLocks) return; // its lease is over: the other one leads now
    leader.open("/ws").frame(batch([12, 13], 13));
    expect(follower.count("/ws")).toBe(0);
    expect(heard(follower)).toEqual(["message 11", "message 12", "message 13"]);
  });

  it("do not go alone while it is heard", () => {
    const [leader, follower] = pair();
    for (let seconds = 0; seconds < 300; seconds += 1) {
      leader.clock.advance(1000);
      follower.clock.advance(1000);
      if (seconds % 15 === 0) leader.open("/ws").frame(batch([], 10));
    }
    expect([leader.count("/ws"), follower.count("/ws")]).toEqual([1, 0]);
    expect([...heard(leader), ...heard(follower)]).toEqual([]);
  });

  it("ask again when they have missed something", () => {
    const [leader, follower] = pair();
    const deaf = tabs.splice(1, 1);
    leader.open("/ws").frame(batch([11], 11));
    tabs.push(...deaf);
    leader.open("/ws").frame(batch([12], 12));
    expect(leader.open("/ws").query.get("since")).toBe("10-k7Qd");
    leader.open("/ws").frame(batch([11, 12], 12));
    expect(heard(leader)).toEqual(["message 11", "message 12"]);
    expect(heard(follower)).toEqual(["message 11", "message 12"]);
  });

  it("hear that the connection is lost, and that it is back", () => {
    const [leader, follower] = pair();
    leader.open("/ws").cut();
    leader.clock.advance(0);
    leader.open("/ws").cut();
    expect(heard(follower)).toEqual(["close websocket"]);
    leader.clock.advance(1000);
    leader.open("/ws").frame(batch([11], 11));
    expect(heard(follower)).toEqual(["open websocket {}", "message 11"]);
  });

  it("go on together without the one that may not read its room any more", () => {
    const [leader, follower] = [tab(LOW), tab(LOW)];
    settle(leader, follower);
    const third = tab({ ...LOW, rooms: ["secret"] });
    settle(leader, follower, third);
    leader.open("/ws").frame(batch([], 10));
    expect(leader.open("/ws").query.getAll("room")).toEqual(["lobby", "secret"]);
    expect(third.count("/ws")).toBe(0);
    refuse(leader);
    expect(leader.open("/ws").query.getAll("room")).toEqual(["lobby"]);
    leader.open("/ws").frame(batch([11], 11));
    settle(leader, follower, third);
    expect([leader, follower, third].map((window) => window.count("/ws"))).toEqual([1, 0, 1]);
    for (const window of [leader, follower])
      expect(heard(window).filter((line) => !/^(open|close)/.test(line))).toEqual(["message 11"]);
    refuse(third);
    settle(leader, follower, third);
    expect(heard(third).at(-1)).toBe("error no_room");
    expect(leader.open("/ws").query.getAll("room")).toEqual(["lobby"]);
  });

  it("are led by another one when the one that reads may not any more", () => {
    const [leader, follower] = [tab({ ...LOW, rooms: ["secret"] }), tab(LOW)];
    settle(leader, follower);
    leader.open("/ws").frame(batch([], 10));
    expect(leader.open("/ws").query.getAll("room")).toEqual(["secret", "lobby"]);
    refuse(leader);
    refuse(leader);
    expect(heard(leader).at(-1)).toBe("error no_room");
    const third = tab(LOW);
    for (let times = 0; times < 10; times++) settle(leader, follower, third);
    expect(leader.count("/ws") + leader.count("/poll")).toBe(0);
    expect([follower.count("/ws"), third.count("/ws")]).toEqual([1, 1]);
  });

  it("do not ask for a room before they have read it themselves", () => {
    const [leader] = pair();
    const shared = { tabs, local, tabsCode: built().code("tabs"), ...(locks && { locks }) };
    const stranger = fakeWindow(built().code("client"), shared);
    connect(stranger, { share: true, rooms: ["nope"], transports: ["websocket", "poll"] });
    settle(leader, stranger);
    stranger.open("/ws").cut();
    settle(leader, stranger);
    stranger.open("/poll").answer(404, { code: "no_room" });
    for (let seconds = 0; seconds < 60; seconds++) settle(leader, stranger);
    expect(heard(stranger)).toEqual(["error no_room"]);
    expect(leader.wires.filter(({ query }) => query.getAll("room").includes("nope"))).toEqual([]);
  });

  /** The rooms that it reads may not be read: a browser tells that of no socket. */
  function refuse(window: FakeWindow): void {
    window.open("/ws").cut(4004);
    for (let times = 0; times < 2; times++) {
      window.clock.advance(0);
      if (window.count("/ws")) window.open("/ws").cut();
    }
    window.clock.advance(0);
    window.open("/poll").answer(404, { code: "no_room" });
  }
});
