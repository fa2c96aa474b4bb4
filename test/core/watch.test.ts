/** The watch reads what another program has written in bulk, and lets everybody else in between two reads. */
import { expect, it } from "vitest";
import { Counts } from "../../src/core/counts.js";
import { type Batch, EMPTY } from "../../src/core/log.js";
import { silent } from "../../src/core/logger.js";
import { Watch } from "../../src/core/watch.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";

it("reads a long log one batch a turn, to its end", async () => {
  const batches = 400;
  let reads = 0;
  let ring = () => {};
  const log = {
    onChange(listener: () => void) {
      ring = listener;
      return () => {};
    },
    newest: async () => 0,
    // Answers within the turn, as SQLite does.
    async since(_rooms: unknown, after: number): Promise<Batch> {
      reads += 1;
      if (after >= batches) return EMPTY;
      return { messages: [{ id: after + 1 }], more: after + 1 < batches } as unknown as Batch;
    },
  };
  const seen: number[] = [];
  const watch = new Watch({
    log: log as never,
    logger: silent,
    counts: new Counts(),
    onRing() {},
    onRows: (messages) => seen.push(...messages.map(({ id }) => id)),
    onDeaf() {},
    onGap() {},
  });
  await watch.ready;
  ring();
  for (let turns = 1; turns <= 20; turns++) {
    await turn();
    expect(reads).toBeLessThanOrEqual(turns + 1);
  }
  await until(() => watch.seen === batches, "the end");
  expect(seen).toEqual(Array.from({ length: batches }, (_, i) => i + 1));
  watch.stop();
});
