/** Parked requests of an address are counted over all workers, at the price of two messages a second and worker. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Addresses } from "../src/http/address.js";
import { ParkedCounts } from "../src/http/parked-counts.js";
import { PrimaryParked, sumParked } from "../src/primary-parked.js";
import { turn } from "./support/turn.js";
import { FakePrimary } from "./support/wires.js";

const MAX = 1000;
const ADDRESS = "203.0.113.1";

function start(workers: number) {
  const cluster = new FakePrimary();
  sumParked(cluster);
  const fork = () => {
    const wire = cluster.fork();
    const bounds = { parkedMax: 50_000, parkedPerAddressMax: MAX, parkedPerSessionMax: 12 };
    const counts = new ParkedCounts(new Addresses(1), bounds, new PrimaryParked(wire, workers));
    return { id: wire.id, counts };
  };
  return { cluster, fork, all: Array.from({ length: workers }, fork) };
}

type One = ReturnType<typeof start>["all"][number];
const park = ({ counts }: One, times: number, address = ADDRESS) =>
  Array.from({ length: times }, () => counts.enter(address));
const areFull = (all: readonly One[], address = ADDRESS) =>
  all.map(({ counts }) => counts.isFull(address, 0));

/** A worker tells, the primary sums and tells. */
async function toldToAll(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await vi.advanceTimersByTimeAsync(500);
    for (let n = 0; n < 4; n++) await turn();
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("an address that waits at several workers", () => {
  it("is full at each of them when it is in all, and not when it has one less, or at another address", async () => {
    const { all } = start(3);
    const [a, b, c] = all as [One, One, One];
    const held = park(a, MAX - 500);
    park(b, 499);
    await toldToAll();
    expect(areFull(all)).toEqual([false, false, false]);
    park(c, 1);
    expect(areFull(all)).toEqual([false, false, true]);
    park(b, 1);
    await toldToAll();
    expect(areFull(all)).toEqual([true, true, true]);
    expect(areFull(all, "203.0.113.2")).toEqual([false, false, false]);
    a.counts.leave(held[0] ?? null);
    expect(areFull(all)).toEqual([false, true, true]);
    await toldToAll();
    // One of c is too few to be told of.
    expect(areFull(all)).toEqual([false, false, true]);
  });

  it("has what is too little to be told of at each, which is an eighth of the limit in all", async () => {
    const { all } = start(4);
    // 1000 / 8 / 4, rounded up, is told of.
    for (const one of all.slice(1)) park(one, 31);
    park(all[0] as One, MAX - 1);
    await toldToAll();
    expect(areFull(all)).toEqual([false, false, false, false].map((_, at) => at !== 0));
    park(all[1] as One, 1);
    await toldToAll();
    expect(areFull(all)[0]).toBe(true);
  });

  it("is not held up by a worker that is gone, and a new worker hears of the others", async () => {
    const { all, cluster, fork } = start(2);
    park(all[0] as One, MAX - 100);
    park(all[1] as One, 100);
    await toldToAll();
    expect(areFull(all)).toEqual([true, true]);
    cluster.exit((all[1] as One).id);
    await toldToAll();
    expect(areFull(all)[0]).toBe(false);
    park(all[0] as One, 90);
    await toldToAll();
    // Nine are too few to be told of: this one has to be told.
    const next = fork();
    park(next, 9);
    await toldToAll();
    expect(areFull([next])).toEqual([false]);
    park(next, 1);
    expect(areFull([next])).toEqual([true]);
  });
});

describe("what it costs", () => {
  it("is nothing while nobody has many, or nothing changes; and with many it does not grow with their polls", async () => {
    const { all, cluster } = start(2);
    const [a] = all as [One, One];
    for (let i = 0; i < 2000; i++) park(a, 62, `10.0.${i >> 8}.${i & 255}`);
    await toldToAll();
    expect(cluster.sent).toBe(0);
    const held = park(a, 500);
    await toldToAll();
    // One from a worker, one to each.
    expect(cluster.sent).toBe(3);
    await toldToAll();
    expect(cluster.sent).toBe(3);
    for (let round = 0; round < 50; round++) {
      for (const count of held) a.counts.leave(count);
      for (const at of held.keys()) held[at] = a.counts.enter(ADDRESS);
    }
    await toldToAll();
    expect(cluster.sent).toBe(3);
  });

  it("is nothing where addresses are not limited", async () => {
    const wire = new FakePrimary().fork();
    const bounds = { parkedMax: 9, parkedPerAddressMax: Number.POSITIVE_INFINITY, parkedPerSessionMax: 9 };
    new ParkedCounts(new Addresses(1), bounds, new PrimaryParked(wire, 2));
    expect(vi.getTimerCount()).toBe(0);
  });
});
