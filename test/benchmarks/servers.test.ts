/** What the peers keep of the messages, and what of them they answer with. */
import { describe, expect, it } from "vitest";
import { benchmark } from "./row.js";

const { append, batchOf, roomOf, rowsAfter } = await benchmark("servers/messages.js");
const { isDear, parkedFor } = await benchmark("servers/dear.js");
const { durationText, expectedS } = await benchmark("durations.js");
const { SCENARIOS } = await benchmark("command-line.js");
const { PEERS } = await benchmark("servers/index.js");

const fill = (room: string, count: number): number[] =>
  Array.from({ length: count }, (_, n) => append({ room, name: "Ana", text: `${n}` }).id);

describe("a room of the peers", () => {
  it("answers with the rows after a cursor, in their order, and no others", () => {
    const ids = fill("some", 5);
    const after = rowsAfter(roomOf("some"), ids[1]);
    expect(after.map(({ id }: { id: number }) => id)).toEqual(ids.slice(2));
    expect(rowsAfter(roomOf("some"), ids[4])).toEqual([]);
    expect(batchOf(after).next).toBe(`${ids[4]}-abcd`);
  });

  it("keeps its newest 1,000 rows", () => {
    const ids = fill("full", 1005);
    expect(rowsAfter(roomOf("full"), 0).map(({ id }: { id: number }) => id)).toEqual(ids.slice(5));
  });
});

describe("a dear peer", () => {
  it("is measured with at most 10,000 clients, and only it", () => {
    const counts = [1_000, 5_000, 10_000, 18_000];
    expect(parkedFor("express", counts)).toEqual([1_000, 5_000, 10_000]);
    expect(parkedFor("nchan", counts)).toEqual(counts);
    expect(Object.keys(PEERS).filter(isDear)).toEqual(["socketio", "sockjs", "faye", "express"]);
  });
});

describe("the time that a run takes", () => {
  it.each([true, false])(
    "is known of every scenario (quick: %s), and grows with rounds and peers",
    (quick) => {
      for (const name of SCENARIOS) {
        const once = expectedS([{ name, peers: ["parkbench"], rounds: 1 }], quick);
        const more = expectedS([{ name, peers: ["parkbench", "express"], rounds: 3 }], quick);
        expect(once).toBeGreaterThan(0);
        expect(more).toBeGreaterThan(once);
      }
    },
  );

  it("is said roughly", () => {
    expect([4, 42, 75, 1234].map(durationText)).toEqual([
      "10 seconds",
      "40 seconds",
      "a minute",
      "21 minutes",
    ]);
  });
});
