/** One commit for what arrives together; each job whole or not at all; other writers waited for. */
import Database from "better-sqlite3";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { Counts } from "../../src/core/counts.js";
import { ParkbenchError } from "../../src/core/errors.js";
import { Writer } from "../../src/store/writer.js";
import { turn } from "../support/turn.js";
import { connect, newPath, open, until } from "./places.js";

const author = { id: 7, name: "Ana" };
const draft = (text: string) => ({ room: "lobby", author, text });

/** A writer on a table of one column, and all that its connection was told. */
function make(isInPlace = () => true) {
  const path = newPath();
  const said: string[] = [];
  const db = new Database(path, { timeout: 5, verbose: (sql) => said.push(String(sql)) });
  onTestFinished(() => void db.close());
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT");
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  const [ring, onLost] = [vi.fn(), vi.fn()];
  const counts = new Counts();
  const writer = new Writer({ db, counts, isInPlace, ring, onLost });
  return {
    writer,
    insert,
    ring,
    onLost,
    path,
    add: (n: number, rings = false) => writer.write(() => Number(insert.run(n).lastInsertRowid), { rings }),
    rows: () => db.prepare("SELECT n FROM t ORDER BY n").pluck().all(),
    commits: () => said.filter((sql) => sql === "COMMIT").length,
    tries: () => said.filter((sql) => sql === "BEGIN IMMEDIATE").length,
    savepoints: () => said.filter((sql) => sql === "SAVEPOINT mark").length,
  };
}

/** Another program that has the write lock until it is told to let go. */
function lock(path: string) {
  const other = connect(path);
  other.exec("BEGIN IMMEDIATE");
  return () => other.exec("COMMIT");
}

afterEach(() => vi.restoreAllMocks());

describe("group commit", () => {
  it("writes what arrives in one turn in one transaction", async () => {
    const { add, rows, commits } = make();
    expect(await Promise.all([1, 2, 3].map((n) => add(n)))).toEqual([1, 2, 3]);
    expect(commits()).toBe(1);
    await add(4);
    expect(commits()).toBe(2);
    expect(rows()).toEqual([1, 2, 3, 4]);
  });

  it("keeps no second copy of the pages it changes, unless a job has thrown", async () => {
    const { add, savepoints } = make();
    await Promise.all([1, 2, 3].map((n) => add(n)));
    expect(savepoints()).toBe(0);
    await Promise.allSettled([add(4), add(3), add(5)]);
    expect(savepoints()).toBe(3);
    await Promise.all([6, 7].map((n) => add(n)));
    expect(savepoints()).toBe(3);
  });

  it("takes in what the turn's other callbacks write", async () => {
    const { add, commits } = make();
    await Promise.all([
      add(1),
      Promise.resolve().then(() => add(2)),
      new Promise(process.nextTick).then(() => add(3)),
    ]);
    expect(commits()).toBe(1);
  });

  it("holds a commit to 256 jobs, and loses none beyond", async () => {
    const { add, rows, commits } = make();
    await Promise.all(Array.from({ length: 600 }, (_, n) => add(n + 1)));
    expect(commits()).toBe(3);
    expect(rows()).toHaveLength(600);
  });

  it("settles nothing before the commit", async () => {
    const { add, writer, path } = make();
    const others = connect(path).prepare("SELECT count(*) FROM t").pluck();
    const settled: unknown[] = [];
    const first = add(1).then(() => settled.push(others.get()));
    const seen = await writer.write(() => [others.get(), settled.length]);
    await first;
    expect(seen).toEqual([0, 0]);
    expect(settled).toEqual([1]);
  });

  it("rings once per commit that wrote messages or control rows, when they are visible, and for no other", async () => {
    const { add, ring, path } = make();
    const others = connect(path).prepare("SELECT count(*) FROM t").pluck();
    const seen: unknown[] = [];
    ring.mockImplementation(() => seen.push(others.get()));
    await Promise.all([add(1, true), add(2), add(3, true)]);
    expect(seen).toEqual([3]);
    await add(4);
    await expect(add(3, true)).rejects.toThrow();
    expect(seen).toEqual([3]);
  });

  it("makes one ring of all that a store's parts write in one turn", async () => {
    const { log, rooms, control } = await open();
    const ring = vi.fn();
    log.onChange(ring);
    await Promise.all([
      ...Array.from({ length: 50 }, (_, n) => log.append(draft(`${n}`))),
      control.append("session", "s"),
      rooms.create({ name: "garden", title: "Garden", createdBy: 7 }),
    ]);
    expect(ring).toHaveBeenCalledTimes(1);
    expect((await log.since("all", 0, 100)).messages).toHaveLength(50);
    expect([await control.newest(), (await rooms.find("garden"))?.title]).toEqual([1, "Garden"]);
  });
});

describe("a job that throws", () => {
  const bad = new ParkbenchError("name_taken", "taken");

  it("rejects alone; its neighbours share one commit all the same", async () => {
    const { add, writer, rows, commits } = make();
    const throwing = () => {
      throw bad;
    };
    const results = await Promise.allSettled([add(1), writer.write(throwing), add(2), add(1), add(3)]);
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(results[1]).toMatchObject({ reason: bad });
    expect(results[3]).toMatchObject({ reason: { code: "storage_failed" } });
    expect(rows()).toEqual([1, 2, 3]);
    expect(commits()).toBe(1);
  });

  it("leaves nothing of what it had written", async () => {
    const { add, writer, insert, rows } = make();
    const half = writer.write(() => {
      insert.run(5);
      throw bad;
    });
    const whole = add(6);
    await expect(half).rejects.toBe(bad);
    expect([await whole, rows()]).toEqual([6, [6]]);
    await expect(writer.write(() => insert.run("no number"))).rejects.toMatchObject({
      code: "storage_failed",
    });
    expect(await add(5)).toBe(5);
  });

  it("costs its neighbours one run more, however many throw", async () => {
    const { add, writer, rows } = make();
    let runs = 0;
    const failing = Array.from({ length: 100 }, () =>
      writer.write(() => {
        runs++;
        throw bad;
      }),
    );
    const results = await Promise.allSettled([...failing, add(1)]);
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(100);
    expect(runs).toBe(101);
    expect(rows()).toEqual([1]);
  });
});

describe("a group that was undone for a job that threw", () => {
  it("waits like any other when somebody takes the lock in between, in its order and before what came later", async () => {
    const { add, writer, path, rows } = make();
    const ran: string[] = [];
    let letGo = () => {};
    const first = writer.write(() => ran.push("first"));
    const throwing = writer.write(() => {
      // Taken at the first chance: as soon as this transaction is undone.
      setImmediate(() => ran.push("turn"));
      throw new ParkbenchError("name_taken", "taken");
    });
    setImmediate(() => {
      letGo = lock(path);
    });
    const later = throwing.catch(() => {}).then(() => add(2));
    const neighbour = add(1);
    await until(() => ran.includes("turn"));
    expect(ran.filter((what) => what === "first")).toHaveLength(1);
    letGo();
    await expect(throwing).rejects.toMatchObject({ code: "name_taken" });
    expect(await Promise.all([first, neighbour, later])).toEqual([expect.any(Number), 1, 2]);
    expect(rows()).toEqual([1, 2]);
  });

  it("is refused, whole, when the lock does not come free in time", async () => {
    const { add, writer, path, rows, tries } = make();
    const start = performance.now();
    const throwing = writer.write(() => {
      throw new ParkbenchError("name_taken", "taken");
    });
    const neighbour = add(1);
    let letGo = () => {};
    setImmediate(() => {
      letGo = lock(path);
    });
    await until(() => tries() > 2);
    vi.spyOn(performance, "now").mockReturnValue(start + 2_100);
    for (const job of [throwing, neighbour])
      await expect(job).rejects.toMatchObject({ code: "storage_busy" });
    letGo();
    expect(rows()).toEqual([]);
  });
});

describe("a database that another process writes to", () => {
  it("is waited for without blocking the event loop, and the wait costs no append", async () => {
    const { add, path, rows, tries } = make();
    const letGo = lock(path);
    const first = add(1);
    let longestMs = 0;
    for (let last = performance.now(); tries() < 8; ) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }
    const second = add(2);
    letGo();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(rows()).toEqual([1, 2]);
    // SQLite's own wait is 5 ms; its usual 5 s would show here.
    expect(longestMs).toBeLessThan(200);
  });

  it("is given up after 2 s: storage_busy, and nothing was written", async () => {
    const { add, path, rows, tries } = make();
    const letGo = lock(path);
    const start = performance.now();
    const early = add(1);
    await until(() => tries() > 1);
    const clock = vi.spyOn(performance, "now").mockReturnValue(start + 1_900);
    const late = add(2);
    const soFar = tries();
    await until(() => tries() > soFar + 2);
    clock.mockReturnValue(start + 2_100);
    await expect(early).rejects.toMatchObject({ code: "storage_busy" });
    clock.mockRestore();
    letGo();
    expect(await late).toBe(2);
    expect(rows()).toEqual([2]);
  });

  it("four of them in turn get everything in", async () => {
    const path = newPath();
    const stores = await Promise.all([1, 2, 3, 4].map(() => open(path)));
    await Promise.all(
      stores.map(async ({ log }, at) => {
        for (let n = 0; n < 25; n++)
          await Promise.all([1, 2].map((k) => log.append(draft(`${at} ${n} ${k}`))));
      }),
    );
    const { messages } = (await stores[0]?.log.since("all", 0, 1_000)) ?? { messages: [] };
    expect(new Set(messages.map(({ text }) => text)).size).toBe(200);
  });
});

describe("the end", () => {
  it("finishes what is queued, and refuses what comes later", async () => {
    const { add, writer, rows } = make();
    const queued = Promise.all(Array.from({ length: 300 }, (_, n) => add(n + 1)));
    const closing = writer.close();
    await expect(add(999)).rejects.toMatchObject({ code: "closed" });
    await closing;
    expect(rows()).toHaveLength(300);
    await queued;
    await writer.close();
  });

  it("refuses more than 10,000 waiting writes, and does the others", async () => {
    const { add, rows } = make();
    const results = await Promise.allSettled(Array.from({ length: 10_005 }, (_, n) => add(n + 1)));
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ reason: { code: "storage_busy" } });
    expect(rows()).toHaveLength(10_000);
  });

  it("of the file: acknowledges nothing, says so once, and stays so", async () => {
    let isThere = true;
    const { add, writer, onLost, ring } = make(() => isThere);
    await add(1, true);
    isThere = false;
    const [one, two] = await Promise.allSettled([add(2, true), add(3, true)]);
    for (const result of [one, two]) expect(result).toMatchObject({ reason: { code: "storage_lost" } });
    isThere = true;
    await expect(add(4)).rejects.toMatchObject({ code: "storage_lost" });
    await until(() => onLost.mock.calls.length > 0);
    await writer.close();
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(ring).toHaveBeenCalledTimes(1);
  });

  it("of the file, found by a look while a write is due: says so once", async () => {
    let isThere = true;
    const { add, writer, onLost } = make(() => isThere);
    const due = add(1);
    isThere = false;
    writer.look();
    await expect(due).rejects.toMatchObject({ code: "storage_lost" });
    for (let n = 0; n < 3; n++) await turn();
    expect(onLost).toHaveBeenCalledTimes(1);
  });

  it("a file that cannot be asked about is not taken for lost", async () => {
    let trouble: Error | null = new Error("EACCES");
    const { add, onLost } = make(() => {
      if (trouble) throw trouble;
      return true;
    });
    await expect(add(1)).rejects.toMatchObject({ code: "storage_failed", cause: trouble });
    trouble = null;
    expect(await add(2)).toBe(2);
    expect(onLost).not.toHaveBeenCalled();
  });
});
