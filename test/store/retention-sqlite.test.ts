/** Keeping less in SQLite: what goes, in which order, and which process may do it. */
import { describe, expect, it } from "vitest";
import type { Store } from "../../src/core/store.js";
import { connect, newPath, open } from "./places.js";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const END = Number.MAX_SAFE_INTEGER;

/** A store whose clock stands, and another program beside it. */
async function place() {
  const path = newPath();
  const clock = { now: NOW };
  const store = await open(path, { now: () => clock.now });
  const db = connect(path);
  const insert = db.prepare("INSERT INTO messages (room, author_name, text, at) VALUES (?, 'Cron', ?, ?)");
  const add = (room: string, ageDays: number, text = "x") =>
    Number(insert.run(room, text, NOW - ageDays * DAY).lastInsertRowid);
  const left = () => db.prepare("SELECT id FROM messages ORDER BY id").pluck().all();
  const pruned = () => Object.fromEntries(db.prepare("SELECT room, upto FROM pruned").raw().all() as []);
  return { path, clock, store, db, add, left, pruned };
}

async function drain({ retention }: Store, days: number): Promise<number> {
  for (let rows = 0; ; ) {
    const batch = await retention.pruneOld(days * DAY, END);
    rows += batch.rows;
    if (!batch.more) return rows;
  }
}

describe("by age", () => {
  it("removes the oldest of all rooms, and writes down up to where in each", async () => {
    const { store, add, left, pruned } = await place();
    for (const [room, age] of [
      ["a", 9],
      ["b", 8],
      ["a", 8],
      ["b", 2],
      ["a", 1],
    ] as const)
      add(room, age);
    expect(await drain(store, 5)).toBe(3);
    expect(left()).toEqual([4, 5]);
    expect(pruned()).toEqual({ a: 3, b: 2 });
  });

  it("leaves what is exactly so old, and everything that is above the given id", async () => {
    const { store, add, left } = await place();
    for (const age of [6, 6, 5]) add("a", age);
    expect(await store.retention.pruneOld(5 * DAY, 1)).toEqual({ rows: 1, more: false });
    expect(left()).toEqual([2, 3]);
    expect(await drain(store, 5)).toBe(1);
    expect(left()).toEqual([3]);
  });

  it("goes by the order of ids: nothing is taken from the middle, however old it says it is", async () => {
    const { store, add, left } = await place();
    for (const age of [9, 1, 9, 20_000]) add("a", age);
    await drain(store, 5);
    expect(left()).toEqual([2, 3, 4]);
  });

  it("lets a message of the future go with a later one that is old, and never by itself", async () => {
    const { store, add, left } = await place();
    for (const age of [-9e6, 9, -1, -2]) add("a", age);
    await drain(store, 5);
    expect(left()).toEqual([3, 4]);
  });

  it("removes nothing when the clock has been set back", async () => {
    const { clock, store, add, left } = await place();
    for (const age of [9, 8]) add("a", age);
    clock.now = 0;
    expect(await drain(store, 5)).toBe(0);
    expect(left()).toEqual([1, 2]);
  });

  it("takes 200 rows at a time, and less where they are long", async () => {
    const { store, db, add } = await place();
    db.transaction(() => {
      for (let n = 0; n < 450; n++) add("a", 9);
      for (let n = 0; n < 3; n++) add("a", 9, "x".repeat(700_000));
    })();
    const sizes: number[] = [];
    for (let more = true; more; ) {
      const batch = await store.retention.pruneOld(DAY, END);
      sizes.push(batch.rows);
      more = batch.more;
    }
    expect(sizes).toEqual([200, 200, 51, 1, 1]);
  });
});

describe("of one room", () => {
  it("removes up to an id, and nothing of another room", async () => {
    const { store, add, left, pruned } = await place();
    for (const room of ["a", "b", "a", "a"]) add(room, 0);
    expect(await store.retention.pruneRoom("a", 3)).toEqual({ rows: 2, more: false });
    expect(left()).toEqual([2, 4]);
    expect(pruned()).toEqual({ a: 3 });
  });

  it("counts back, names the rooms there are, and those that have grown", async () => {
    const { store, add } = await place();
    for (const room of ["b", "a", "b", "c"]) add(room, 0);
    const { retention } = store;
    expect(await retention.back("b", END, 2)).toBe(1);
    expect(await retention.back("b", END, 3)).toBeNull();
    expect(await retention.back("b", 3, 1)).toBe(1);
    const names: (string | null)[] = [null];
    do names.push(await retention.roomAfter(names.at(-1) ?? null));
    while (names.at(-1) !== null);
    expect(names).toEqual([null, "a", "b", "c", null]);
    expect(await retention.roomsSince(1, 3)).toEqual({ rooms: ["a", "b"], last: 3 });
    expect(await retention.roomsSince(4, END)).toEqual({ rooms: [], last: null });
  });
});

describe("the claim", () => {
  it("is one process's until it ends, and then another's", async () => {
    const { path, clock, store } = await place();
    const other = await open(path, { now: () => clock.now });
    expect(await store.retention.claim(1000)).toBe(true);
    expect(await other.retention.claim(1000)).toBe(false);
    expect(await store.retention.claim(1000)).toBe(true);
    clock.now += 999;
    expect(await other.retention.claim(1000)).toBe(false);
    clock.now += 1;
    expect(await other.retention.claim(1000)).toBe(true);
    expect(await store.retention.claim(1000)).toBe(false);
  });

  it("of a clock that has been set back since holds nobody up", async () => {
    const { path, clock, store } = await place();
    const other = await open(path, { now: () => clock.now });
    clock.now += 365 * DAY;
    expect(await store.retention.claim(1000)).toBe(true);
    clock.now -= 365 * DAY;
    expect(await other.retention.claim(1000)).toBe(true);
  });
});
