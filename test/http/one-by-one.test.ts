/** Work under one key never overlaps, work under two does, and nothing is kept of what has ended. */
import { expect, it } from "vitest";
import { OneByOne } from "../../src/http/one-by-one.js";
import { turn } from "../support/turn.js";

/** Work that ends when it is told to. */
function job(log: string[], name: string) {
  let end = (_error?: Error) => {};
  const work = () =>
    new Promise<string>((resolve, reject) => {
      log.push(`${name} starts`);
      end = (error) => {
        log.push(`${name} ends`);
        if (error) reject(error);
        else resolve(name);
      };
    });
  return { work, end: (error?: Error) => end(error) };
}

it("one key: each starts when the one before has ended, in the order they came", async () => {
  const log: string[] = [];
  const queue = new OneByOne();
  const [a, b, c] = [job(log, "a"), job(log, "b"), job(log, "c")];
  const results = [queue.run("k", a.work), queue.run("k", b.work), queue.run("k", c.work)];
  for (const { end } of [a, b, c]) {
    await turn();
    end();
  }
  expect(await Promise.all(results)).toEqual(["a", "b", "c"]);
  expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
});

it("one that fails lets the next one go on, and fails alone", async () => {
  const log: string[] = [];
  const queue = new OneByOne();
  const [a, b] = [job(log, "a"), job(log, "b")];
  const [first, second] = [queue.run("k", a.work), queue.run("k", b.work)];
  a.end(new Error("a is broken"));
  await expect(first).rejects.toThrow("a is broken");
  await turn();
  b.end();
  expect(await second).toBe("b");
});

it("another key does not wait", async () => {
  const log: string[] = [];
  const queue = new OneByOne();
  const [a, b] = [job(log, "a"), job(log, "b")];
  const [first, second] = [queue.run("k", a.work), queue.run("other", b.work)];
  b.end();
  expect(await second).toBe("b");
  expect(log).toEqual(["a starts", "b starts", "b ends"]);
  a.end();
  expect(await first).toBe("a");
});

it("keys under which nothing runs are forgotten", async () => {
  const log: string[] = [];
  const queue = new OneByOne();
  const [a, b] = [job(log, "a"), job(log, "b")];
  const all = [queue.run("k", a.work), queue.run("k", b.work)];
  expect(queue.size).toBe(1);
  a.end(new Error("a is broken"));
  await turn();
  expect(queue.size).toBe(1);
  b.end();
  await Promise.allSettled(all);
  await turn();
  expect(queue.size).toBe(0);
});
