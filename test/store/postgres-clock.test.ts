/** Clocks that jump, or differ between processes, on PostgreSQL: only the times of rows follow them. */
import { describe, expect, it } from "vitest";
import { openPostgres } from "../../src/store/postgres.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

const HOUR_MS = 3_600_000;

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  it("ids, readers and retries go by order, whatever the clocks of two processes say", async () => {
    const url = await freshDatabase();
    const clocks = [Date.now(), Date.now() - HOUR_MS];
    const stores = await Promise.all([0, 1].map((n) => openPostgres({ url, now: () => clocks[n] ?? 0 })));
    const send = async (n: number, text: string) => {
      const draft = { room: "lobby", author: { id: null, name: "Ana" }, text, nonce: text };
      const appended = await stores[n]?.log.append(draft);
      return { outcome: appended?.outcome, id: appended?.message.id };
    };
    const first = [await send(0, "a"), await send(1, "b")];
    // Set back by a day, and ahead by a year.
    clocks[0] = (clocks[0] ?? 0) - 24 * HOUR_MS;
    first.push(await send(0, "c"));
    clocks[1] = (clocks[1] ?? 0) + 365 * 24 * HOUR_MS;
    first.push(await send(1, "d"));
    const ids = first.map(({ id }) => id ?? 0);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    const { messages } = (await stores[0]?.log.since(["lobby"], ids[0] ?? 0, 10)) ?? { messages: [] };
    expect(messages.map(({ text }) => text)).toEqual(["b", "c", "d"]);
    const times = messages.map(({ at }) => at);
    expect(times).not.toEqual(times.toSorted((a, b) => a - b));
    expect(await send(0, "d")).toEqual({ outcome: "repeated", id: ids[3] });
    await expect(stores[0]?.check()).resolves.toBeUndefined();
    await Promise.all(stores.map((store) => store.close()));
  });
});
