/** Keeping less, from round to round: what goes when, whatever the clock says, and by which process. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Pruner, type PrunerParts } from "../../src/core/pruner.js";
import type { Store } from "../../src/core/store.js";
import { connect, newPath, open } from "../store/places.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clock = { monoMs: 1_000_000, wallMs: Date.UTC(2026, 0, 1) };

/** Both clocks go on, as they do. */
function pass(ms: number): void {
  clock.monoMs += ms;
  clock.wallMs += ms;
}

async function place() {
  vi.spyOn(performance, "now").mockImplementation(() => clock.monoMs);
  vi.spyOn(Date, "now").mockImplementation(() => clock.wallMs);
  const path = newPath();
  const store = await open(path, { now: () => clock.wallMs });
  const db = connect(path);
  const insert = db.prepare("INSERT INTO messages (room, author_name, text, at) VALUES (?, 'Cron', 'x', ?)");
  const add = (room: string, count: number, ageMs = 0) => {
    for (let n = 0; n < count; n++) insert.run(room, clock.wallMs - ageMs);
  };
  const left = (room: string) =>
    db.prepare("SELECT count(*) FROM messages WHERE room = ?").pluck().get(room) as number;
  return { path, store, add, left };
}

function pruner({ log, retention }: Store, parts: Partial<PrunerParts>): Pruner {
  return new Pruner({ log, retention, keepDays: 0, keepMessages: 0, ...parts });
}

afterEach(() => void vi.restoreAllMocks());

describe("by number", () => {
  it("keeps the newest of each room, from the first round on", async () => {
    const { store, add, left } = await place();
    add("a", 500);
    add("b", 10);
    add("a", 3);
    await pruner(store, { keepMessages: 10, settleMs: 0 }).round();
    expect([left("a"), left("b")]).toEqual([10, 10]);
    expect((await store.log.since(["a"], 0, 100)).messages.map(({ id }) => id)).toEqual([
      494, 495, 496, 497, 498, 499, 500, 511, 512, 513,
    ]);
    expect(await store.log.since(["b"], 0, 100)).not.toHaveProperty("gap");
  });

  it("then looks at rooms that have grown, and at no other", async () => {
    const { store, add, left } = await place();
    const looked = vi.spyOn(store.retention, "back");
    const one = pruner(store, { keepMessages: 5, settleMs: 0 });
    for (const room of ["a", "b", "c"]) add(room, 5);
    await one.round();
    expect(looked.mock.calls.map(([room]) => room)).toEqual(["a", "b", "c"]);
    looked.mockClear();
    add("b", 2);
    await one.round();
    await one.round();
    expect(looked.mock.calls.map(([room]) => room)).toEqual(["b"]);
    expect([left("a"), left("b"), left("c")]).toEqual([5, 5, 5]);
  });

  it("counts a room that is longer than one step", async () => {
    const { store, add, left } = await place();
    const back = vi.spyOn(store.retention, "back");
    add("a", 12_005);
    await pruner(store, { keepMessages: 12_000, settleMs: 0 }).round();
    expect(back.mock.calls.map(([, , count]) => count)).toEqual([10_000, 2_001]);
    expect(left("a")).toBe(12_000);
  });

  it("removes nothing that came in the last minute, whatever time it bears", async () => {
    const { store, add, left } = await place();
    const one = pruner(store, { keepMessages: 1 });
    add("a", 5, 9 * DAY);
    await one.round();
    expect(left("a")).toBe(5);
    pass(MINUTE);
    add("a", 5, 9 * DAY);
    await one.round();
    expect(left("a")).toBe(5);
    pass(MINUTE);
    await one.round();
    expect(left("a")).toBe(1);
  });
});

describe("by age", () => {
  it("removes what is older, in all rooms, once the clock has gone evenly for an hour", async () => {
    const { store, add, left } = await place();
    const one = pruner(store, { keepDays: 3, settleMs: 0 });
    add("a", 250, 4 * DAY);
    add("b", 1, 4 * DAY);
    add("a", 2, 2 * DAY);
    await one.round();
    expect(left("a")).toBe(252);
    pass(HOUR);
    await one.round();
    expect([left("a"), left("b")]).toEqual([2, 0]);
  });

  it("removes nothing while the clock is years ahead for a moment, nor in the hour after", async () => {
    const { store, add, left } = await place();
    const one = pruner(store, { keepDays: 3, settleMs: 0 });
    add("a", 5, DAY);
    await one.round();
    pass(HOUR);
    await one.round();
    clock.wallMs += 1000 * DAY;
    await one.round();
    pass(30 * MINUTE);
    await one.round();
    clock.wallMs -= 1000 * DAY;
    pass(50 * MINUTE);
    await one.round();
    expect(left("a")).toBe(5);
    // Negative twin: one that stays there is right.
    clock.wallMs += 1000 * DAY;
    await one.round();
    pass(HOUR);
    await one.round();
    expect(left("a")).toBe(0);
  });
});

describe("of two processes", () => {
  it("one prunes, and the other when that one has died", async () => {
    const { path, store, add, left } = await place();
    const other = await open(path, { now: () => clock.wallMs });
    const parts = { keepMessages: 1, settleMs: 0 };
    const [first, second] = [pruner(store, parts), pruner(other, parts)];
    const pruned = vi.spyOn(other.retention, "pruneRoom");
    add("a", 3);
    await first.round();
    add("a", 3);
    await second.round();
    expect([left("a"), pruned.mock.calls.length]).toEqual([4, 0]);
    pass(3 * MINUTE);
    await second.round();
    expect(left("a")).toBe(1);
    add("a", 3);
    await first.round();
    expect(left("a")).toBe(4);
  });
});

describe("a pruner", () => {
  it("has no timer where everything is kept, and none after its stop", async () => {
    const { store } = await place();
    const newest = vi.spyOn(store.log, "newest");
    const timers = vi.spyOn(globalThis, "setTimeout");
    pruner(store, {}).start();
    expect([newest.mock.calls.length, timers.mock.calls.length]).toEqual([0, 0]);
    const one = pruner(store, { keepMessages: 1 });
    one.start();
    await vi.waitFor(() => expect(timers.mock.calls.map(([, ms]) => ms)).toContain(MINUTE));
    one.stop();
    timers.mockClear();
    await new Promise<void>((done) => setImmediate(done));
    expect(timers).not.toHaveBeenCalled();
  });

  it("ends between two batches when it is stopped, and says nothing of it", async () => {
    const { store, add, left } = await place();
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const one = pruner(store, { keepMessages: 1, settleMs: 0, logger });
    add("a", 1000);
    const round = one.round();
    await vi.waitFor(() => expect(left("a")).toBe(800));
    one.stop();
    await round;
    expect(left("a")).toBe(800);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it("goes on after an error", async () => {
    const { store, add, left } = await place();
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    vi.spyOn(store.retention, "claim").mockRejectedValueOnce(new Error("the disk is full"));
    add("a", 3);
    const one = pruner(store, { keepMessages: 1, settleMs: 0, logger });
    one.start();
    await vi.waitFor(() => expect(logger.warn).toHaveBeenCalledOnce());
    await one.round();
    one.stop();
    expect(left("a")).toBe(1);
  });
});
