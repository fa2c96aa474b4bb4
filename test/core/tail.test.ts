/** Who is woken at the end of the log, with which rows, and who is not. */
import { describe, expect, it } from "vitest";
import { RecordingReader } from "../support/recording-reader.js";
import { enter, log, tail } from "../support/tail-bench.js";
import { turn } from "../support/turn.js";

describe("a row that lands", () => {
  it("wakes every parked reader of its room, and nobody else", async () => {
    const a1 = await enter("a", 0);
    const a2 = await enter("a", 0);
    const b = await enter("b", 0);
    log.land("a");
    await turn();
    expect([a1, a2, b].map(({ reader }) => reader.heard)).toEqual([["rows 1"], ["rows 1"], []]);
    expect(tail.parked).toBe(1);
    log.land("b");
    await turn();
    expect(b.reader.heard).toEqual(["rows 2"]);
    expect(tail.parked).toBe(0);
  });

  it("in a room that nobody waits in wakes nobody", async () => {
    const { reader } = await enter("a", 0);
    log.land("nowhere");
    await turn();
    expect(reader.heard).toEqual([]);
    expect(tail.seen).toBe(1);
  });

  it("gives all who have the same rooms, limit and place the identical frozen batch", async () => {
    const alike = [await enter(["a", "b"], 0), await enter(["a", "b"], 0), await enter(["a", "b"], 0)];
    const other = await enter(["a", "b"], 0, { limit: 1 });
    log.land("a");
    await turn();
    const [first, ...rest] = alike.map(({ reader }) => reader.answers[0]?.batch);
    expect(first?.messages).toHaveLength(1);
    for (const batch of rest) expect(batch).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    expect(Object.isFrozen(first?.messages)).toBe(true);
    expect(other.reader.answers[0]?.batch).not.toBe(first);
  });

  it("between a reader's read and its answer is not lost: it was on the list before it read", async () => {
    const witness = await enter("b", 0);
    log.steps.isHolding = true;
    const { reader } = await enter("a", 0);
    log.steps.release("look a");
    log.land("a");
    log.steps.release("ring");
    log.steps.release("look all");
    log.steps.release("answer all");
    await turn();
    expect(tail.seen).toBe(1);
    log.steps.releaseAll();
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
    expect(witness.reader.heard).toEqual([]);
  });
});

describe("a reader that enters", () => {
  it("is answered at once when there are rows for it", async () => {
    for (const room of ["a", "b", "a"]) log.table.insert({ room });
    expect((await enter("a", 0)).reader.heard).toEqual(["rows 1 3"]);
    expect((await enter("a", 1)).reader.heard).toEqual(["rows 3"]);
    expect(tail.parked).toBe(0);
  });

  it("is parked when the only rows are in other rooms, or ones it has", async () => {
    for (const room of ["a", "b"]) log.table.insert({ room });
    expect((await enter("a", 1)).reader.heard).toEqual([]);
    expect((await enter("c", 0)).reader.heard).toEqual([]);
    expect(tail.parked).toBe(2);
  });

  it("waits on when it is ahead of what the tail has seen, and gets what comes after its cursor", async () => {
    await enter("b", 0);
    log.steps.isHolding = true;
    log.land("a");
    log.land("a");
    const { reader } = await enter("a", 2);
    log.steps.releaseAll();
    await turn();
    expect(tail.seen).toBe(2);
    expect(reader.heard).toEqual([]);
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 3"]);
  });

  it("gets of a ring's rows only those after its cursor", async () => {
    const behind = await enter("a", 0);
    log.steps.isHolding = true;
    log.land("a");
    log.land("a");
    const ahead = await enter("a", 1, { limit: 1 });
    log.steps.releaseAll();
    await turn();
    expect(behind.reader.heard).toEqual(["rows 1 2"]);
    expect(ahead.reader.heard).toEqual(["rows 2"]);
    expect(ahead.reader.answers[0]?.batch.more).toBe(false);
  });
});

describe("a reader of several rooms", () => {
  it("gets the rows of all of them in one batch, in the order of the log, and of no other", async () => {
    const { reader } = await enter(["a", "b"], 0);
    log.steps.isHolding = true;
    for (const room of ["b", "a", "c", "b", "a"]) log.land(room);
    log.steps.releaseAll();
    await turn();
    expect(reader.heard).toEqual(["rows 1 2 4 5"]);
  });

  it("is woken once by a row in one of them, and is on no room's list any more", async () => {
    const { reader } = await enter(["a", "b"], 0);
    log.land("b");
    await turn();
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
    expect(tail.parked).toBe(0);
  });
});

describe("a reader's limit", () => {
  it("cuts what a ring brings, and `more` says that there is more", async () => {
    const readers = [
      await enter("a", 0, { limit: 1 }),
      await enter("a", 0, { limit: 2 }),
      await enter("a", 0, { limit: 3 }),
    ];
    log.steps.isHolding = true;
    for (const room of ["a", "b", "a"]) log.land(room);
    log.steps.releaseAll();
    await turn();
    expect(readers.map(({ reader }) => reader.heard)).toEqual([["rows 1"], ["rows 1 3"], ["rows 1 3"]]);
    expect(readers.map(({ reader }) => reader.answers[0]?.batch.more)).toEqual([true, false, false]);
    expect((await enter("a", 1, { limit: 1 })).reader.heard).toEqual(["rows 3"]);
  });

  it("cuts its first read the same way", async () => {
    for (const room of ["a", "a", "a"]) log.table.insert({ room });
    const { reader } = await enter("a", 0, { limit: 2 });
    expect(reader.heard).toEqual(["rows 1 2"]);
    expect(reader.answers[0]?.batch.more).toBe(true);
  });

  it("of nothing is refused, as an empty read would hide rows from others", async () => {
    log.table.insert({ room: "a" });
    await enter("a", 1);
    for (const limit of [0, -1, 0.5, Number.NaN]) {
      expect(() => tail.enter(new RecordingReader("a", 0, limit), 0)).toThrow(RangeError);
      await expect(tail.next(["a"], 0, { waitMs: 0, limit })).rejects.toThrow(RangeError);
    }
    expect(tail.parked).toBe(1);
    expect((await enter("a", 0, { limit: 1 })).reader.heard).toEqual(["rows 1"]);
  });
});
