/** Messages that were removed to keep less: whoever has missed some is told, and nobody else. */
import { describe, expect, it } from "vitest";
import type { Batch } from "../../src/core/log.js";
import { enter, log, tail } from "../support/tail-bench.js";
import { turn } from "../support/turn.js";

const idsOf = ({ messages }: Batch) => messages.map(({ id }) => id);

describe("a reader", () => {
  it("from below what is gone is answered at once, also where nothing is left", async () => {
    for (let n = 0; n < 3; n++) log.land("a");
    log.table.prune("a", 2);
    const some = await tail.next(["a"], 0, { waitMs: 60_000 });
    expect([idsOf(some), some.gap]).toEqual([[3], 2]);
    log.table.prune("a", 3);
    const none = await tail.next(["a"], 2, { waitMs: 60_000 });
    expect([idsOf(none), none.gap]).toEqual([[], 3]);
  });

  it("again, as often as one comes from there: nothing is learnt from such a read", async () => {
    await enter("b");
    for (let n = 0; n < 3; n++) log.land("a");
    await turn();
    log.table.prune("a", 3);
    await enter("a", 3);
    for (let n = 0; n < 3; n++) expect((await tail.next(["a"], 1, { waitMs: 60_000 })).gap).toBe(3);
  });

  it("that is parked at the end is not woken, and comes back with its cursor without a read", async () => {
    const { reader, place } = await enter("a");
    log.land("a");
    await turn();
    const second = await enter("a", 1);
    log.table.prune("a", 1);
    log.ring();
    await turn();
    expect([reader.heard, second.reader.heard]).toEqual([["rows 1"], []]);
    const reads = log.reads.length;
    const third = await enter("a", 1);
    expect(log.reads).toHaveLength(reads);
    log.land("a");
    await turn();
    expect([second.reader.heard, third.reader.heard]).toEqual([["rows 2"], ["rows 2"]]);
    place.leave();
  });

  it("that comes a little late is still given the rows from memory, and has missed nothing", async () => {
    const keeper = await enter("b");
    await enter("a", 0);
    log.land("a");
    log.land("a");
    await turn();
    log.table.prune("a", 1);
    const batch = await tail.next(["a"], 0, { waitMs: 60_000 });
    expect([idsOf(batch), batch.gap]).toEqual([[1, 2], undefined]);
    keeper.place.leave();
  });
});

describe("rows that are removed before the tail has read them", () => {
  it("release everybody, so that each comes back and is told", async () => {
    const [one, other] = [await enter("a"), await enter("b")];
    log.table.insert({ room: "a" });
    log.table.prune("a", 1);
    log.ring();
    await turn();
    expect([one.reader.heard, other.reader.heard]).toEqual([["released"], ["released"]]);
    expect((await tail.next(["a"], 0, { waitMs: 60_000 })).gap).toBe(1);
    const again = await enter("b", 0);
    expect(again.reader.heard).toEqual([]);
    log.land("b");
    await turn();
    expect(again.reader.heard).toEqual(["rows 2"]);
  });
});

it("a host's follower hears of a gap once, gets all that is left, and goes on", async () => {
  for (const room of ["a", "b", "a", "b", "a"]) log.land(room);
  log.table.prune("b", 4);
  const abort = new AbortController();
  const heard: unknown[] = [];
  for await (const batch of tail.follow(["a", "b"], 0, { limit: 1, signal: abort.signal })) {
    heard.push([idsOf(batch), batch.gap]);
    if (heard.length === 3) log.land("b");
    if (heard.length === 4) abort.abort();
  }
  expect(heard).toEqual([
    [[1], 4],
    [[3], undefined],
    [[5], undefined],
    [[6], undefined],
  ]);
});

it("a host's follower of a room of which nothing is left is told, and waits behind it", async () => {
  for (let n = 0; n < 2; n++) log.land("a");
  log.table.prune("a", 2);
  const abort = new AbortController();
  const heard: unknown[] = [];
  for await (const batch of tail.follow(["a"], 0, { signal: abort.signal })) {
    heard.push([idsOf(batch), batch.gap]);
    if (heard.length === 1) log.land("a");
    else abort.abort();
  }
  expect(heard).toEqual([
    [[], 2],
    [[3], undefined],
  ]);
});
