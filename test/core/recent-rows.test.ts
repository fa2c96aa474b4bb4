/** What memory says of a room is what the log would say, for a while, and takes no more than its share. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Message } from "../../src/core/message.js";
import { RecentRows } from "../../src/core/recent-rows.js";

const ROWS_MAX = 128;
const LIFE_MS = 30_000;
/** Six of them are what a room may keep; 69 rooms of six are what all rooms may keep. */
const LONG = "x".repeat(10_000);

let recent: RecentRows;

beforeEach(() => {
  recent = new RecentRows();
});
afterEach(() => {
  vi.restoreAllMocks();
});

function row(id: number, text = "hello", kind = "message"): Message {
  return {
    id,
    room: "a",
    kind,
    from: { id: null, name: "Ana" },
    text,
    at: 0,
    nonce: null,
    data: null,
    ref: null,
  };
}

const rows = (from: number, to: number, text?: string) =>
  Array.from({ length: to - from + 1 }, (_, n) => row(from + n, text));

/** What a read found, whole. */
const found = (messages: readonly Message[], more = false) => ({ messages, more });

/** The ids after a cursor; null where memory does not know. */
const ids = (after: number, limit = 500, room = "a") =>
  recent.since(room, after, limit)?.messages.map(({ id }) => id) ?? null;

describe("memory", () => {
  it("knows nothing of a room that nobody has read, and lets its rows go by", () => {
    recent.add("a", rows(1, 2));
    expect(ids(0)).toBeNull();
  });

  it("knows a room from where it was read, with what came since, and not from before", () => {
    recent.learn("a", 3, found(rows(4, 5)));
    recent.add("a", [row(7)]);
    expect([3, 4, 5, 6, 7, 99].map((after) => ids(after))).toEqual([[4, 5, 7], [5, 7], [7], [7], [], []]);
    expect(ids(2)).toBeNull();
    expect(ids(3, 500, "b")).toBeNull();
  });

  it("learns nothing from a read that was cut short: there is more behind it", () => {
    recent.learn("a", 0, found(rows(1, 2), true));
    expect(ids(0)).toBeNull();
  });

  it("does not double rows that a read found before the tail came to them", () => {
    recent.learn("a", 0, found(rows(1, 3)));
    recent.add("a", rows(2, 4));
    expect(ids(0)).toEqual([1, 2, 3, 4]);
  });

  it("goes by a newer read, also one from further on", () => {
    recent.learn("a", 0, found(rows(1, 3)));
    recent.learn("a", 2, found(rows(3, 3)));
    expect([ids(0), ids(2)]).toEqual([null, [3]]);
  });

  it("is empty after it was cleared", () => {
    recent.learn("a", 0, found(rows(1, 3)));
    recent.clear();
    expect(ids(0)).toBeNull();
  });

  it("drops all it has with a delete row: another program may mean a message of another room", () => {
    for (const room of ["a", "b"]) recent.learn(room, 0, found(rows(1, 3)));
    recent.add("a", [row(4), row(5, "", "delete")]);
    expect([ids(0), ids(3), ids(4), ids(0, 500, "b")]).toEqual([null, null, null, null]);
  });

  it("believes a read for 30 s, however many rows come", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1000);
    recent.learn("a", 0, found(rows(1, 3)));
    now.mockReturnValue(1000 + LIFE_MS - 1);
    recent.add("a", [row(4)]);
    expect(ids(0)).toEqual([1, 2, 3, 4]);
    now.mockReturnValue(1000 + LIFE_MS);
    expect(ids(0)).toBeNull();
    now.mockReturnValue(1000);
    expect(ids(0)).toBeNull();
  });
});

describe("a batch from memory", () => {
  it("has as many rows as were asked for, and says whether there are more", () => {
    recent.learn("a", 0, found(rows(1, 3)));
    expect([1, 2, 3, 4].map((limit) => recent.since("a", 0, limit))).toMatchObject([
      { messages: [{ id: 1 }], more: true },
      { messages: [{ id: 1 }, { id: 2 }], more: true },
      { messages: [{}, {}, {}], more: false },
      { messages: [{}, {}, {}], more: false },
    ]);
    expect(recent.since("a", 3, 1)).toEqual({ messages: [], more: false });
  });

  it("is frozen, and the same for the same question until a row lands", () => {
    recent.learn("a", 0, found(rows(1, 9)));
    const batch = recent.since("a", 2, 100);
    expect([Object.isFrozen(batch), Object.isFrozen(batch?.messages)]).toEqual([true, true]);
    expect(recent.since("a", 2, 100)).toBe(batch);
    expect(recent.since("a", 2, 99)).not.toBe(batch);
    expect(recent.since("a", 3, 100)).not.toBe(batch);
    recent.add("a", [row(10)]);
    expect(recent.since("a", 2, 100)).not.toBe(batch);
    expect(ids(2, 100)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(batch?.messages).toHaveLength(7);
  });

  it("is right however many questions there were before", () => {
    recent.learn("a", 0, found(rows(1, 50)));
    for (const after of [...Array(40).keys(), ...Array(40).keys()])
      expect(ids(after, 2)).toEqual([after + 1, after + 2]);
  });
});

describe("memory is bounded", () => {
  it(`to the newest ${ROWS_MAX} rows of a room: it does not reach back to before them`, () => {
    recent.learn("a", 0, found(rows(1, ROWS_MAX)));
    expect(ids(0)).toHaveLength(ROWS_MAX);
    recent.add("a", rows(ROWS_MAX + 1, ROWS_MAX + 3));
    expect([0, 1, 2].map((after) => ids(after))).toEqual([null, null, null]);
    expect(ids(3)).toEqual(rows(4, ROWS_MAX + 3).map(({ id }) => id));
    recent.learn("a", 0, found(rows(1, 500)));
    expect(ids(500 - ROWS_MAX)).toHaveLength(ROWS_MAX);
    expect(ids(500 - ROWS_MAX - 1)).toBeNull();
  });

  it("to 256 KiB a room, by its newest rows, also where one row is more than that", () => {
    recent.learn("a", 0, found(rows(1, 8, LONG)));
    expect([ids(1), ids(2)]).toEqual([null, [3, 4, 5, 6, 7, 8]]);
    recent.add("a", [row(9, LONG.repeat(10))]);
    expect([ids(8), ids(9)]).toEqual([null, []]);
    recent.add("a", [row(10)]);
    expect(ids(9)).toEqual([10]);
  });

  it("counts data as heavy as it may be", () => {
    recent.learn("a", 0, found(rows(1, 20).map((message) => ({ ...message, data: { n: 1 } }))));
    expect([ids(12), ids(13)]).toEqual([null, [14, 15, 16, 17, 18, 19, 20]]);
  });

  it("to 16 MiB in all: the room that was asked for longest ago goes first", () => {
    const learn = (room: number) => recent.learn(`r${room}`, 0, found(rows(1, 6, LONG)));
    for (let room = 0; room < 68; room++) learn(room);
    const knows = (room: number) => ids(5, 1, `r${room}`) !== null;
    // Whoever looks asks: the first is not the one that was asked for longest ago now.
    expect(knows(0)).toBe(true);
    learn(68);
    expect([0, 1, 2, 67, 68].map(knows)).toEqual([true, false, true, true, true]);
  });

  it("and what was dropped is not counted any more", () => {
    for (let n = 0; n < 200; n++) {
      recent.learn("a", 0, found(rows(1, 6, LONG)));
      if (n % 2 === 0) recent.add("a", [row(7, "", "delete")]);
    }
    for (let room = 0; room < 68; room++) recent.learn(`r${room}`, 0, found(rows(1, 6, LONG)));
    expect(ids(0, 1, "r0")).toEqual([1]);
    recent.clear();
    for (let room = 0; room < 68; room++) recent.learn(`r${room}`, 0, found(rows(1, 6, LONG)));
    expect(ids(0, 1, "r0")).toEqual([1]);
  });
});
