/** A modelled reader sees what a tail does wrong: without that, a simulation that finds nothing says nothing. */
import { expect, it } from "vitest";
import type { Message } from "../../src/core/message.js";
import type { Reader } from "../../src/core/reader.js";
import { VirtualClock } from "./clock.js";
import { Cores } from "./cores.js";
import { ModelDatabase } from "./database.js";
import { MODEL } from "./model.js";
import type { ModelProcess } from "./process.js";
import { ModelReader } from "./reader.js";

/** Three messages of the room and one of another, and a reader who is handed what its tail likes. */
async function scene() {
  const clock = new VirtualClock();
  const database = new ModelDatabase(clock, MODEL);
  const rows = ["lobby", "lobby", "attic", "lobby"].map((room) => ({ room, nonce: null }));
  const entered: Reader[] = [];
  const tail = { isClosed: false, enter: (reader: Reader) => entered.push(reader) };
  const process = { tail, cores: new Cores(clock, 1) } as unknown as ModelProcess;
  const around = { clock, database, model: MODEL, oneWayMs: () => 0 };
  const woken: number[] = [];
  const reader = new ModelReader(
    around,
    () => process,
    "lobby",
    (id) => woken.push(id),
  );
  reader.enter();
  database.commit(rows, () => {});
  await clock.run(100);
  const attic = database.rowsOf("attic");
  return {
    reader,
    woken,
    lobby: database.rowsOf("lobby"),
    attic,
    async fail() {
      entered.at(-1)?.fail(new Error("too many"));
      await clock.run(1000);
      return { entered: entered.length, after: entered.at(-1)?.after };
    },
    async give(...messages: readonly (Message | undefined)[]) {
      const found = messages.filter((message) => message !== undefined);
      entered.at(-1)?.wake({ messages: found, more: false }, "rows");
      await clock.run(100);
      return entered.at(-1)?.after;
    },
  };
}

it("takes what comes once and in order, and comes back with its cursor", async () => {
  const { reader, woken, lobby, give } = await scene();
  expect(await give(lobby[0])).toBe(1);
  expect(await give(lobby[1], lobby[2])).toBe(4);
  expect({ have: reader.have, wrong: reader.wrong }).toEqual({ have: 3, wrong: 0 });
  // When it came back, the others had been there: how long they took says nothing of its tail.
  expect(woken).toEqual([1]);
});

it.each([
  ["twice", [0, 0], 1, 1],
  ["before an earlier one", [1, 0], 1, 1],
  ["in the place of one that is missing", [0, 2], 1, 1],
] as const)("counts a message that comes %s", async (_how, order, have, wrong) => {
  const { reader, lobby, give } = await scene();
  await give(...order.map((at) => lobby[at]));
  expect({ have: reader.have, wrong: reader.wrong }).toEqual({ have, wrong });
});

it("comes back with its cursor when its tail could not read for it", async () => {
  const { lobby, give, fail } = await scene();
  await give(lobby[0]);
  expect(await fail()).toEqual({ entered: 3, after: 1 });
});

it("counts a message of another room", async () => {
  const { reader, attic, give } = await scene();
  await give(attic[0]);
  expect({ have: reader.have, wrong: reader.wrong }).toEqual({ have: 0, wrong: 1 });
});
