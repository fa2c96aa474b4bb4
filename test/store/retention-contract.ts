/** What every Retention promises: what goes, and in which order. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/core/store.js";

export const NOW = Date.UTC(2026, 0, 1);
export const DAY = 86_400_000;
export const END = Number.MAX_SAFE_INTEGER;

/** A message as another program writes it. */
export interface AgedRow {
  readonly room: string;
  /** Against `NOW`; below 0 it is of the future. */
  readonly ageDays: number;
  readonly text?: string;
  /** As if it were user 7's. */
  readonly nonce?: string;
}

/** A store on a fresh database whose clock stands at `NOW`, and what another program sees of that database. */
export interface RetentionUnderTest {
  readonly store: Store;
  /** Another store on the same database, as a second process has one. */
  another(): Promise<Store>;
  /** Sets the clock that the stores go by forwards, or back. */
  pass(ms: number): Promise<void>;
  add(rows: readonly AgedRow[]): Promise<void>;
  left(): Promise<readonly number[]>;
  /** Up to which id messages were removed, by room. */
  pruned(): Promise<Readonly<Record<string, number>>>;
  /** Those that are known, and those of them that are to be forgotten. */
  nonces(): Promise<{ readonly known: readonly string[]; readonly spent: readonly string[] }>;
}

/** What is made ends with its test. */
export function retentionContract(name: string, make: () => Promise<RetentionUnderTest>): void {
  describe(`${name} keeping less`, () => {
    let under: RetentionUnderTest;
    beforeEach(async () => {
      under = await make();
    });

    const ages = (room: string, ...days: readonly number[]) => days.map((ageDays) => ({ room, ageDays }));

    async function drain(days: number): Promise<readonly number[]> {
      const sizes: number[] = [];
      for (;;) {
        const { rows, more } = await under.store.retention.pruneOld(days * DAY, END);
        sizes.push(rows);
        if (!more) return sizes;
      }
    }

    describe("by age", () => {
      it("removes the oldest of all rooms, and writes down up to where in each", async () => {
        await under.add([
          ...ages("a", 9),
          ...ages("b", 8),
          ...ages("a", 8),
          ...ages("b", 2),
          ...ages("a", 1),
        ]);
        expect(await drain(5)).toEqual([3]);
        expect(await under.left()).toEqual([4, 5]);
        expect(await under.pruned()).toEqual({ a: 3, b: 2 });
      });

      it("leaves what is exactly so old, and everything that is above the given id", async () => {
        await under.add(ages("a", 6, 6, 5));
        expect(await under.store.retention.pruneOld(5 * DAY, 1)).toEqual({ rows: 1, more: false });
        expect(await under.left()).toEqual([2, 3]);
        expect(await drain(5)).toEqual([1]);
        expect(await under.left()).toEqual([3]);
      });

      it("goes by the order of ids: nothing is taken from the middle, however old it says it is", async () => {
        await under.add(ages("a", 9, 1, 9, 20_000));
        await drain(5);
        expect(await under.left()).toEqual([2, 3, 4]);
      });

      it("lets a message of the future go with a later one that is old, and never by itself", async () => {
        await under.add(ages("a", -90_000, 9, -1, -2));
        await drain(5);
        expect(await under.left()).toEqual([3, 4]);
      });

      it("goes on where it ended, with what has become old since", async () => {
        await under.add(ages("a", 9, 4, 3));
        expect(await drain(5)).toEqual([1]);
        expect(await drain(5)).toEqual([0]);
        await under.pass(1.5 * DAY);
        expect(await drain(5)).toEqual([1]);
        expect(await under.left()).toEqual([3]);
      });

      it("removes nothing when the clock has been set back", async () => {
        await under.add(ages("a", 9, 8));
        await under.pass(-NOW);
        expect(await drain(5)).toEqual([0]);
        expect(await under.left()).toEqual([1, 2]);
      });

      it("takes 200 rows at a time, and less where they are long", async () => {
        const long = { room: "a", ageDays: 9, text: "x".repeat(700_000) };
        await under.add([...ages("a", ...Array<number>(450).fill(9)), long, long, long]);
        expect(await drain(1)).toEqual([200, 200, 51, 1, 1]);
      });
    });

    describe("of one room", () => {
      it("removes up to an id, and nothing of another room", async () => {
        await under.add(["a", "b", "a", "a"].flatMap((room) => ages(room, 0)));
        expect(await under.store.retention.pruneRoom("a", 3)).toEqual({ rows: 2, more: false });
        expect(await under.left()).toEqual([2, 4]);
        expect(await under.pruned()).toEqual({ a: 3 });
        expect(await under.store.retention.pruneRoom("a", 3)).toEqual({ rows: 0, more: false });
        expect(await under.store.retention.pruneRoom("a", END)).toEqual({ rows: 1, more: false });
        expect(await under.pruned()).toEqual({ a: 4 });
      });

      it("counts back, names the rooms there are, and those that have grown", async () => {
        await under.add(["b", "a", "b", "c"].flatMap((room) => ages(room, 0)));
        const { retention } = under.store;
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

      it("by two processes at once takes each message once, and says so of both", async () => {
        await under.add(ages("a", ...Array<number>(600).fill(0)));
        const drainRoom = async ({ retention }: Store) => {
          let sum = 0;
          for (let isLeft = true; isLeft; isLeft = (await under.left()).length > 0)
            sum += (await retention.pruneRoom("a", END)).rows;
          return sum;
        };
        const [one, two] = await Promise.all([under.store, await under.another()].map(drainRoom));
        expect((one ?? 0) + (two ?? 0)).toBe(600);
        expect(await under.pruned()).toEqual({ a: 600 });
      });
    });
  });
}
