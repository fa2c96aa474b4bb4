/** Appends to PostgreSQL in groups: none waits without end, none is acknowledged that may not be there. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Counts } from "../../src/core/counts.js";
import { AppendGroups, type Row } from "../../src/store/append-groups.js";
import type { Pooled } from "../../src/store/pooled.js";
import { asPostgresRefusal } from "../../src/store/postgres-errors.js";

type Answer = readonly (readonly [boolean, number])[];

/** A database that answers when it is told to. */
class SlowDatabase {
  readonly groups: string[][] = [];
  #settle: { resolve: (rows: Answer) => void; reject: (error: unknown) => void } | null = null;
  #ids = 0;

  run(_sql: string, [, , texts]: readonly unknown[]): Promise<Answer> {
    this.groups.push(texts as string[]);
    return new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  async commit(): Promise<void> {
    this.#settle?.resolve((this.groups.at(-1) ?? []).map(() => [true, ++this.#ids]));
    await vi.advanceTimersByTimeAsync(0);
  }

  async fail(code: string, message = "no"): Promise<void> {
    this.#settle?.reject(asPostgresRefusal(Object.assign(new Error(message), { code })));
    await vi.advanceTimersByTimeAsync(0);
  }
}

const row = (text: string): Row => ({
  room: "lobby",
  name: "Ana",
  text,
  authorId: null,
  kind: "message",
  nonce: null,
  data: null,
  ref: null,
  at: 0,
  sender: "",
});

let db: SlowDatabase;
let rings: number;
let groups: AppendGroups;
/** How each ended, by its text: an id, or a code. */
let ends: Record<string, number | string>;

function add(...texts: readonly string[]): Promise<unknown> {
  for (const text of texts)
    groups.add(row(text)).then(
      ({ id }) => (ends[text] = id),
      (error: { code: string }) => (ends[text] = error.code),
    );
  return vi.advanceTimersByTimeAsync(0);
}

describe("appends in groups", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    db = new SlowDatabase();
    rings = 0;
    ends = {};
    groups = new AppendGroups(db as unknown as Pooled, new Counts(), () => (rings += 1));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("take what arrives during one commit into the next", async () => {
    await add("a");
    await add("b", "c");
    expect(db.groups).toEqual([["a"]]);
    await db.commit();
    await db.commit();
    expect(db.groups).toEqual([["a"], ["b", "c"]]);
    expect(ends).toEqual({ a: 1, b: 2, c: 3 });
    expect(rings).toBe(2);
  });

  it("that are stuck let those behind them wait for five seconds, each from its own beginning", async () => {
    await add("stuck");
    await add("early");
    await vi.advanceTimersByTimeAsync(3000);
    await add("late");
    await vi.advanceTimersByTimeAsync(1900);
    expect(ends).toEqual({});
    await vi.advanceTimersByTimeAsync(200);
    expect(ends).toEqual({ early: "storage_busy" });
    await db.commit();
    await db.commit();
    expect(ends).toEqual({ early: "storage_busy", stuck: 1, late: 2 });
    expect(db.groups).toEqual([["stuck"], ["late"]]);
  });

  it("leave no timer behind when nothing waits", async () => {
    await add("a");
    await add("b");
    expect(vi.getTimerCount()).toBe(1);
    await db.commit();
    await db.commit();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are tried one by one where a row of them cannot be, and only that one is refused", async () => {
    await add("a", "bad", "c");
    await db.fail("23514");
    await db.commit();
    await db.fail("23514");
    await db.commit();
    expect(db.groups).toEqual([["a", "bad", "c"], ["a"], ["bad"], ["c"]]);
    expect(ends).toEqual({ a: 1, bad: "storage_failed", c: 2 });
  });

  it.each(["42P01", "42501", "57014", "55P03", "53100"])(
    "are refused together for trouble of the database: %s",
    async (code) => {
      await add("a", "b");
      await db.fail(code);
      expect(db.groups).toHaveLength(1);
      expect(Object.values(ends).every((end) => String(end).startsWith("storage_"))).toBe(true);
    },
  );

  it("whose commit was cut off are not acknowledged, and those who wait look whether they are there", async () => {
    await add("a", "b");
    await db.fail("", "Connection terminated unexpectedly");
    expect(ends).toEqual({ a: "storage_failed", b: "storage_failed" });
    expect(rings).toBe(1);
  });

  it("of which it is known that they are not there ring for nobody", async () => {
    await add("a");
    await db.fail("55P03");
    expect(ends).toEqual({ a: "storage_busy" });
    expect(rings).toBe(0);
  });

  it("are refused at once beyond 10,000 that wait", async () => {
    await add("stuck");
    await add(...Array.from({ length: 10_000 }, (_, n) => `${n}`));
    expect(ends).toEqual({});
    await add("one more");
    expect(ends).toEqual({ "one more": "storage_busy" });
  });
});
