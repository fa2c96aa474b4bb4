/** Rates in memory against a model of them: whatever is taken and given back, never more than fit into a window. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Limit, type Rate, within } from "../../src/core/rates.js";
import { MemoryRates } from "../../src/http/rates.js";

const rate = (key: string, max = 3, windowS = 10): Rate => ({ key, max, windowS });
const limit = (key: string, max: number): Limit => ({
  ...rate(key, max),
  refusal: (waitS) => new Error(`${key}: in ${waitS} s`),
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

async function take(rates: MemoryRates, times: number, of: Rate): Promise<(number | null)[]> {
  const taken: (number | null)[] = [];
  for (let i = 0; i < times; i++) taken.push(await rates.take(of));
  return taken;
}

describe("a rate", () => {
  it("is taken as often as fits, and then says in how many whole seconds one more does", async () => {
    const rates = new MemoryRates();
    expect(await take(rates, 5, rate("a"))).toEqual([null, null, null, 10, 10]);
    vi.advanceTimersByTime(8001);
    expect(await rates.take(rate("a"))).toBe(2);
    vi.advanceTimersByTime(1998);
    expect(await rates.take(rate("a"))).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await take(rates, 4, rate("a"))).toEqual([null, null, null, 10]);
  });

  it("leaves other keys alone, also of the same and of another figure", async () => {
    const rates = new MemoryRates();
    await take(rates, 4, rate("a"));
    expect(await take(rates, 2, rate("b", 1))).toEqual([null, 10]);
    expect(await rates.take(rate("c"))).toBeNull();
  });

  it("that is refused is not counted: one that is given back can be taken at once", async () => {
    const rates = new MemoryRates();
    await take(rates, 50, rate("a"));
    await rates.giveBack(rate("a"));
    expect(await take(rates, 2, rate("a"))).toEqual([null, 10]);
  });

  it("that is given back after its window leaves nothing to spare in the next", async () => {
    const rates = new MemoryRates();
    await rates.take(rate("a", 1));
    vi.advanceTimersByTime(10_000);
    await rates.giveBack(rate("a", 1));
    expect(await take(rates, 2, rate("a", 1))).toEqual([null, 10]);
  });

  it("holds nothing once its window is over", async () => {
    const rates = new MemoryRates();
    for (let i = 0; i < 1000; i++) await rates.take(rate(`key ${i}`));
    expect(vi.getTimerCount()).toBe(1000);
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("holds for a day where it must, which a timer can take", async () => {
    const rates = new MemoryRates();
    await rates.take(rate("a", 1, 86_400));
    vi.advanceTimersByTime(86_399_000);
    expect(await rates.take(rate("a", 1, 86_400))).toBe(1);
  });
});

describe("within several rates", () => {
  it("all are taken or none: whom one refuses, the others have not counted", async () => {
    const rates = new MemoryRates();
    const [wide, narrow] = [limit("wide", 3), limit("narrow", 1)];
    const act = () => within(rates, [wide, narrow], async () => "done");
    expect(await act()).toBe("done");
    for (let i = 0; i < 5; i++) await expect(act()).rejects.toThrow("narrow: in 10 s");
    expect(await take(rates, 3, wide)).toEqual([null, null, 10]);
  });

  it("what fails is not counted, and fails as it did; what does not fail is", async () => {
    const rates = new MemoryRates();
    const fail = () =>
      within(rates, [limit("a", 1)], async () => {
        throw new Error("the disk is full");
      });
    for (let i = 0; i < 3; i++) await expect(fail()).rejects.toThrow("the disk is full");
    await within(rates, [limit("a", 1)], async () => {});
    await expect(fail()).rejects.toThrow("a: in 10 s");
  });
});

it("agrees with a model: windows begin with what is taken, and count what was not given back", async () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b"),
    what: fc.constantFrom("take", "take", "take", "back"),
    afterMs: fc.integer({ min: 0, max: 4000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, max) => {
        const rates = new MemoryRates();
        const model = new Map<string, { count: number; endsMs: number }>();
        for (const { key, what, afterMs } of steps) {
          vi.advanceTimersByTime(afterMs);
          const nowMs = Date.now();
          let window = model.get(key);
          if (!window || window.endsMs <= nowMs) window = { count: 0, endsMs: 0 };
          if (what === "back") {
            await rates.giveBack(rate(key, max));
            window.count = Math.max(0, window.count - 1);
            continue;
          }
          if (window.endsMs === 0) window.endsMs = nowMs + 10_000;
          const fits = window.count < max;
          if (fits) window.count += 1;
          model.set(key, window);
          const expected = fits ? null : Math.max(1, Math.ceil((window.endsMs - nowMs) / 1000));
          expect(await rates.take(rate(key, max))).toBe(expected);
        }
        vi.advanceTimersByTime(10_000);
      },
    ),
    { numRuns: 200 },
  );
});
