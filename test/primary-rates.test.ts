/** Rates that the primary counts keep the contract for all of its workers, and say when it cannot be asked. */
import { expect, it } from "vitest";
import { MemoryRates } from "../src/http/rates.js";
import { answerRates, PrimaryRates } from "../src/primary-rates.js";
import { rate, ratesContract, take } from "./http/rates-contract.js";
import { FakePrimary } from "./support/wires.js";

function primary(): FakePrimary {
  const primary = new FakePrimary();
  answerRates(primary, new MemoryRates());
  return primary;
}

ratesContract("the primary", async (sharers) => {
  const cluster = primary();
  return Array.from({ length: sharers }, () => new PrimaryRates(cluster.fork()));
});

it("a send's rates are one message there and one back", async () => {
  const cluster = primary();
  const rates = new PrimaryRates(cluster.fork());
  await rates.take([rate("a"), rate("b")]);
  expect(cluster.sent).toBe(2);
});

it("answers go to whoever asked, in whatever order they come", async () => {
  const cluster = primary();
  const [a, b] = [new PrimaryRates(cluster.fork()), new PrimaryRates(cluster.fork())];
  await take(a, 3, rate("a"));
  const asked = [a.take([rate("a")]), b.take([rate("b")]), a.take([rate("c")]), b.take([rate("a")])];
  expect(await Promise.all(asked)).toEqual([{ at: 0, waitS: 10 }, null, null, { at: 0, waitS: 10 }]);
});

it("a primary that is gone is said at once", async () => {
  const gone = new Error("channel closed");
  const wire = new FakePrimary().fork();
  const rates = new PrimaryRates(Object.assign(wire, { send: failing }));
  await expect(rates.take([rate("a")])).rejects.toBe(gone);
  await expect(rates.giveBack([rate("a")])).rejects.toBe(gone);

  function failing(_m: unknown, _h: undefined, _o: undefined, sent: (error: Error | null) => void): boolean {
    setImmediate(() => sent(gone));
    return false;
  }
});

it("messages of other nouns, of another version, and of a worker that is gone, harm nobody", async () => {
  const cluster = primary();
  const wire = cluster.fork();
  const rates = new PrimaryRates(wire);
  for (const other of [null, 7, "text", { parkbench: "metrics" }, { parkbench: "rates" }]) {
    wire.send?.(other, undefined, undefined, () => {});
    cluster.workers[wire.id]?.send(other as never, () => {});
  }
  expect(await take(rates, 4, rate("a"))).toEqual([null, null, null, 10]);
});
