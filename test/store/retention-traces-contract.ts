/** What every Retention promises: which process may remove messages, and how long their nonces are known. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Draft } from "../../src/core/message.js";
import { DAY, END, type RetentionUnderTest } from "./retention-contract.js";

/** What is made ends with its test. */
export function retentionTracesContract(name: string, make: () => Promise<RetentionUnderTest>): void {
  describe(`${name} after keeping less`, () => {
    let under: RetentionUnderTest;
    beforeEach(async () => {
      under = await make();
    });

    describe("the claim", () => {
      it("is one process's until it ends, and then another's", async () => {
        const other = await under.another();
        const [mine, others] = [under.store.retention, other.retention];
        expect(await mine.claim(60_000)).toBe(true);
        expect(await others.claim(60_000)).toBe(false);
        expect(await mine.claim(60_000)).toBe(true);
        await under.pass(30_000);
        expect(await others.claim(60_000)).toBe(false);
        await under.pass(30_000);
        expect(await others.claim(60_000)).toBe(true);
        expect(await mine.claim(60_000)).toBe(false);
      });

      it("of a clock that has been set back since holds nobody up", async () => {
        const other = await under.another();
        await under.pass(365 * DAY);
        expect(await under.store.retention.claim(60_000)).toBe(true);
        await under.pass(-365 * DAY);
        expect(await other.retention.claim(60_000)).toBe(true);
      });
    });

    describe("a removed message's nonce", () => {
      const ana = { id: 7, name: "Ana" };
      const send = (more: Partial<Draft> = {}) =>
        under.store.log.append({ room: "lobby", author: ana, text: "a", nonce: "n", ...more });

      it("is known for as long as it is told, and then forgotten", async () => {
        const { retention } = under.store;
        const { message } = await send();
        await send({ nonce: "kept" });
        await retention.pruneRoom("lobby", message.id);
        await under.pass(DAY);
        expect(await retention.forgetNonces(DAY)).toEqual({ rows: 0, more: false });
        expect((await send()).outcome).toBe("repeated");
        await under.pass(1);
        expect(await retention.forgetNonces(DAY)).toEqual({ rows: 1, more: false });
        expect(await under.nonces()).toEqual({ known: ["kept"], spent: [] });
        expect((await send()).outcome).toBe("appended");
      });

      it("of somebody without an id is found by the folded name", async () => {
        await send({ author: { id: null, name: "Straße" } });
        await under.store.retention.pruneRoom("lobby", END);
        await under.pass(2 * DAY);
        expect(await under.store.retention.forgetNonces(DAY)).toEqual({ rows: 1, more: false });
      });

      it("is not forgotten for a row of another program that bears it, too", async () => {
        await under.add([{ room: "b", ageDays: 0, nonce: "n" }]);
        await send();
        await under.store.retention.pruneRoom("b", END);
        await under.pass(2 * DAY);
        expect(await under.store.retention.forgetNonces(DAY)).toEqual({ rows: 0, more: false });
        expect((await send()).outcome).toBe("repeated");
      });

      it("is forgotten with 200 others at a time", async () => {
        await Promise.all(Array.from({ length: 250 }, (_, n) => send({ nonce: `n${n}` })));
        while ((await under.store.retention.pruneRoom("lobby", END)).more);
        await under.pass(2 * DAY);
        expect(await under.store.retention.forgetNonces(DAY)).toEqual({ rows: 200, more: true });
        expect(await under.store.retention.forgetNonces(DAY)).toEqual({ rows: 50, more: false });
        expect(await under.nonces()).toEqual({ known: [], spent: [] });
      });
    });
  });
}
