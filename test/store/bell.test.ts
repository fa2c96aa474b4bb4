/** How soon a row of another process is heard, and that the bell goes on whatever happens. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { Bell, LOOK_MS } from "../../src/store/bell.js";
import { tools } from "../support/tools.js";
import { connect, newPath, open } from "./places.js";

describe("the bell", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  it("looks every 10 ms while somebody listens, and rings when the version changed", () => {
    let version = 5;
    const look = vi.fn(() => version);
    const bell = new Bell(look);
    vi.advanceTimersByTime(1_000);
    expect(look).not.toHaveBeenCalled();
    const [one, two] = [vi.fn(), vi.fn()];
    const offs = [bell.onRing(one), bell.onRing(two)];
    vi.advanceTimersByTime(10 * LOOK_MS);
    expect(look).toHaveBeenCalledTimes(11);
    expect(one).not.toHaveBeenCalled();
    version++;
    vi.advanceTimersByTime(10 * LOOK_MS);
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 1]);
    for (const off of offs) off();
    version++;
    vi.advanceTimersByTime(1_000);
    expect(look).toHaveBeenCalledTimes(21);
    expect(one).toHaveBeenCalledTimes(1);
  });

  it("does not ring for what was there before the first listener", () => {
    let version = 1;
    const bell = new Bell(() => version);
    bell.onRing(() => {})();
    version = 2;
    const ring = vi.fn();
    bell.onRing(ring);
    vi.advanceTimersByTime(1_000);
    expect(ring).not.toHaveBeenCalled();
  });

  it("outlives a look that fails, also the first, and hears afterwards what it missed", () => {
    let version: number | Error = new Error("disk trouble");
    const bell = new Bell(() => {
      if (version instanceof Error) throw version;
      return version;
    });
    const ring = vi.fn();
    bell.onRing(ring);
    vi.advanceTimersByTime(100);
    expect(ring).not.toHaveBeenCalled();
    version = 1;
    vi.advanceTimersByTime(LOOK_MS);
    expect(ring).toHaveBeenCalledTimes(1);
    version = new Error("again");
    vi.advanceTimersByTime(100);
    version = 2;
    vi.advanceTimersByTime(LOOK_MS);
    expect(ring).toHaveBeenCalledTimes(2);
  });

  it("rings everybody who listens at that moment, though one throws and one leaves", () => {
    const bell = new Bell(() => 0);
    const [left, last] = [vi.fn(), vi.fn()];
    let leave = () => {};
    bell.onRing(() => {
      leave();
      throw new Error("a bad listener");
    });
    leave = bell.onRing(left);
    bell.onRing(last);
    bell.ring();
    bell.ring();
    expect([left.mock.calls.length, last.mock.calls.length]).toEqual([1, 2]);
  });
});

/** Rows by another program; resolves with the time at which it had written each. */
async function writer(child: ChildProcess, statement: (n: number) => string) {
  onTestFinished(() => void child.kill());
  if (child.stdout === null || child.stdin === null) throw new Error("no pipes");
  const { stdin } = child;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ready: async () => (await lines.next()).value,
    insert: async (n: number) => {
      stdin.write(`${statement(n)}\n`);
      await lines.next();
      return Date.now();
    },
  };
}

/** Milliseconds from "the other program has its row" to the ring with which this log shows it; sorted. */
async function wakes(path: string, insert: (n: number) => Promise<number>): Promise<number[]> {
  const { log } = await open(path);
  const delays: number[] = [];
  for (let n = 0; n < 9; n++) {
    const after = await log.newest();
    const heard = new Promise<number>((resolve) => {
      const off = log.onChange(async () => {
        if ((await log.since(["lobby"], after, 1)).messages.length === 0) return;
        off();
        resolve(Date.now());
      });
    });
    const written = await insert(n);
    delays.push((await heard) - written);
  }
  return delays.sort((a, b) => a - b);
}

describe("a row of another program is heard within 50 ms", () => {
  it("when another connection inserts it", async () => {
    const path = newPath();
    await open(path);
    const insert = connect(path).prepare(
      "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'a')",
    );
    const delays = await wakes(path, async () => {
      insert.run();
      return Date.now();
    });
    expect(delays[4], `${delays}`).toBeLessThanOrEqual(50);
  });

  it("when another process inserts it", async () => {
    const path = newPath();
    await open(path);
    const script = fileURLToPath(new URL("../support/insert.mjs", import.meta.url));
    const other = await writer(
      spawn(process.execPath, [script, path], { stdio: ["pipe", "pipe", "inherit"] }),
      String,
    );
    expect(await other.ready()).toBe("ready");
    const delays = await wakes(path, other.insert);
    expect(delays[4], `${delays}`).toBeLessThanOrEqual(50);
  });

  describe.skipIf(tools.sqlite3 === null)("with the sqlite3 program (apt-get install sqlite3)", () => {
    it("when `sqlite3` inserts it", async () => {
      const path = newPath();
      await open(path);
      const child = spawn(tools.sqlite3 as string, [path], { stdio: ["pipe", "pipe", "inherit"] });
      const other = await writer(
        child,
        (n) =>
          `INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', '${n}'); SELECT 'done';`,
      );
      const delays = await wakes(path, other.insert);
      expect(delays[4], `${delays}`).toBeLessThanOrEqual(50);
    });
  });
});
