/** Rates in memory keep the contract, and hold nothing of what is over. */
import { expect, it, vi } from "vitest";
import { MemoryRates } from "../../src/http/rates.js";
import { rate, ratesContract, take } from "./rates-contract.js";

ratesContract("memory", async () => [new MemoryRates()], { sharersMax: 1, runs: 200 });

it("nothing is held once its window is over", async () => {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const rates = new MemoryRates();
  for (let i = 0; i < 1000; i++) await rates.take([rate(`key ${i}`)]);
  expect(vi.getTimerCount()).toBe(1000);
  vi.advanceTimersByTime(10_000);
  expect(vi.getTimerCount()).toBe(0);
});

it("a window of a day is one that a timer can take", async () => {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const rates = new MemoryRates();
  await rates.take([rate("a", 1, 86_400)]);
  vi.advanceTimersByTime(86_399_000);
  expect(await take(rates, 1, rate("a", 1, 86_400))).toEqual([1]);
});
