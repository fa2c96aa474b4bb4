/** The memory log keeps the contract of every log, so that what holds over it holds over a database. */
import { beforeEach } from "vitest";
import { messageLogContract } from "../store/log-contract.js";
import { MemoryLog } from "../support/memory-log.js";
import { MemoryTable } from "../support/memory-table.js";

/** What this log cannot show, and why. */
const EXEMPT: readonly (readonly [test: RegExp, why: string])[] = [
  [/^runs no timer/, "asks for the timer of a bell that looks at a file; this one is told, and has none"],
  [/^refuses data/, "a limit of the tables' columns; this log keeps what it is given"],
];

beforeEach(({ task, skip }) => {
  const exempt = EXEMPT.find(([test]) => test.test(task.name));
  if (exempt) skip(exempt[1]);
});

messageLogContract("The memory log of the tests", async () => {
  const table = new MemoryTable();
  const log = new MemoryLog(table);
  const another = async () => new MemoryLog(table);
  return {
    log,
    another,
    reopen: async () => {
      await log.close();
      return another();
    },
    insertForeign: async (rows) => {
      const inserted = rows.map(({ room, text }) => table.insert({ room, text }));
      table.ring();
      return inserted.map(({ id }) => id);
    },
    remove: async (ids) => {
      for (const id of ids) table.remove(id);
    },
    dispose: async () => {},
  };
});
