/** What every store of rates promises, whoever counts: never more than fit into a window, in all who share it together. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Limit, type Rate, type Rates, within } from "../../src/core/rates.js";

let tests = 0;
/** Keys of one test mean nothing to the next, which may share the store. */
export const rate = (name: string, max = 3, windowS = 10): Rate => ({
  key: `${tests} ${name}`,
  max,
  windowS,
});
const limit = (name: string, max: number): Limit => ({
  ...rate(name, max),
  refusal: (waitS) => new Error(`${name}: in ${waitS} s`),
});

/** Null for each that was taken, else in how many seconds one more fits. */
export async function take(rates: Rates, times: number, of: Rate): Promise<(number | null)[]> {
  const taken: (number | null)[] = [];
  for (let i = 0; i < times; i++) taken.push((await rates.take([of]))?.waitS ?? null);
  return taken;
}

const passMs = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** `make` gives as many as asked for, each as another process has it; `seesAfterMs`: when one sees what another gave back. */
export function ratesContract(
  name: string,
  make: (sharers: number) => Promise<readonly Rates[]>,
  { sharersMax = 2, runs = 20, seesAfterMs = 0 } = {},
): void {
  const one = async () => (await make(1))[0] as Rates;

  beforeEach(() => {
    tests += 1;
    vi.useFakeTimers({ toFake: ["Date"] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  describe(`a rate counted by ${name}`, () => {
    it("is taken as often as fits, and then says in how many whole seconds one more does", async () => {
      const rates = await one();
      expect(await take(rates, 5, rate("a"))).toEqual([null, null, null, 10, 10]);
      passMs(8001);
      expect(await take(rates, 1, rate("a"))).toEqual([2]);
      passMs(1998);
      expect(await take(rates, 1, rate("a"))).toEqual([1]);
      passMs(1);
      expect(await take(rates, 4, rate("a"))).toEqual([null, null, null, 10]);
    });

    it("leaves other keys alone, also of the same and of another figure", async () => {
      const rates = await one();
      await take(rates, 4, rate("a"));
      expect(await take(rates, 2, rate("b", 1))).toEqual([null, 10]);
      expect(await take(rates, 1, rate("c"))).toEqual([null]);
    });

    it("that is refused is not counted: one that is given back can be taken at once", async () => {
      const rates = await one();
      await take(rates, 20, rate("a"));
      passMs(1500);
      await take(rates, 20, rate("a"));
      await rates.giveBack([rate("a")]);
      expect(await take(rates, 2, rate("a"))).toEqual([null, 9]);
    });

    it("that is given back after its window leaves nothing to spare in the next", async () => {
      const rates = await one();
      await take(rates, 1, rate("a", 1));
      passMs(10_000);
      await rates.giveBack([rate("a", 1)]);
      expect(await take(rates, 2, rate("a", 1))).toEqual([null, 10]);
    });

    it("is never taken more often than fits by many at once", async () => {
      const rates = await one();
      const taken = await Promise.all(Array.from({ length: 20 }, () => rates.take([rate("a")])));
      expect(taken.filter((usedUp) => usedUp === null)).toHaveLength(3);
    });

    it("holds for a day where it must", async () => {
      const rates = await one();
      await take(rates, 1, rate("a", 1, 86_400));
      passMs(86_399_000);
      expect(await take(rates, 1, rate("a", 1, 86_400))).toEqual([1]);
    });
  });

  describe(`within several rates counted by ${name}`, () => {
    it("all are taken or none: whom one refuses, the others have not counted", async () => {
      const rates = await one();
      const [wide, narrow] = [limit("wide", 3), limit("narrow", 1)];
      const act = () => within(rates, [wide, narrow], async () => "done");
      expect(await act()).toBe("done");
      for (let i = 0; i < 5; i++) await expect(act()).rejects.toThrow("narrow: in 10 s");
      expect(await take(rates, 3, wide)).toEqual([null, null, 10]);
    });

    it("what fails or comes to nothing is not counted, and what does not is", async () => {
      const rates = await one();
      const limits = [limit("a", 1)];
      const fail = () =>
        within(rates, limits, async () => {
          throw new Error("the disk is full");
        });
      for (let i = 0; i < 3; i++) await expect(fail()).rejects.toThrow("the disk is full");
      const counts = (isRight: boolean) => !isRight;
      for (let i = 0; i < 3; i++) expect(await within(rates, limits, async () => true, counts)).toBe(true);
      expect(await within(rates, limits, async () => false, counts)).toBe(false);
      await expect(fail()).rejects.toThrow("a: in 10 s");
    });
  });

  if (sharersMax > 1)
    describe(`several who share what ${name} counts`, () => {
      it("see one count, and no more fit for all of them together", async () => {
        const [a, b] = (await make(2)) as [Rates, Rates];
        expect(await take(a, 2, rate("a"))).toEqual([null, null]);
        expect(await take(b, 2, rate("a"))).toEqual([null, 10]);
        expect(await take(a, 1, rate("a"))).toEqual([10]);
        expect(await take(b, 1, rate("b"))).toEqual([null]);
        passMs(10_000);
        expect(await take(a, 1, rate("a"))).toEqual([null]);
      });

      it("take no more than fit when all do at once", async () => {
        const sharers = await make(2);
        const taken = await Promise.all(
          Array.from({ length: 20 }, (_, i) => (sharers[i % 2] as Rates).take([rate("a", 5)])),
        );
        expect(taken.filter((usedUp) => usedUp === null)).toHaveLength(5);
      });

      it("may take what another gave back, in a slow room hours before the end of the window, too", async () => {
        const [a, b] = (await make(2)) as [Rates, Rates];
        const slow = [rate("a", 1, 3600)];
        expect(await a.take(slow)).toBeNull();
        expect(await b.take(slow)).toEqual({ at: 0, waitS: 3600 });
        await a.giveBack(slow);
        passMs(seesAfterMs);
        expect(await b.take(slow)).toBeNull();
        expect(await a.take(slow)).toMatchObject({ at: 0 });
      });
    });

  it(`agrees with a model when ${name} counts: windows begin with what is taken`, async () => {
    const step = fc.record({
      of: fc.constantFrom("a", "b"),
      by: fc.integer({ min: 0, max: sharersMax - 1 }),
      what: fc.constantFrom("take", "take", "take", "back"),
      afterMs: fc.integer({ min: seesAfterMs, max: 4000 }),
    });
    let run = 0;
    const agrees = async (steps: readonly Step[], max: number) => {
      run += 1;
      const sharers = await make(sharersMax);
      const model = new Map<string, { count: number; endsMs: number }>();
      for (const { of, by, what, afterMs } of steps) {
        passMs(afterMs);
        const rates = sharers[by] as Rates;
        const key = rate(`${run} ${of}`, max);
        const nowMs = Date.now();
        const window = model.get(of) ?? { count: 0, endsMs: 0 };
        if (window.endsMs <= nowMs) Object.assign(window, { count: 0, endsMs: 0 });
        model.set(of, window);
        if (what === "back") {
          await rates.giveBack([key]);
          window.count = Math.max(0, window.count - 1);
          continue;
        }
        if (window.endsMs === 0) window.endsMs = nowMs + 10_000;
        const fits = window.count < max;
        if (fits) window.count += 1;
        const waitS = Math.max(1, Math.ceil((window.endsMs - nowMs) / 1000));
        expect(await rates.take([key])).toEqual(fits ? null : { at: 0, waitS });
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), agrees),
      { numRuns: runs },
    );
  });
}

interface Step {
  readonly of: string;
  readonly by: number;
  readonly what: string;
  readonly afterMs: number;
}
