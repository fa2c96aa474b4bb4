/** The memory log keeps the contract of every log, so that what holds over it holds over a database. */
import { messageLogContract } from "../store/log-contract.js";
import { MemoryLog } from "../support/memory-log.js";
import { MemoryTable } from "../support/memory-table.js";

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
    prune: async (room, upto) => table.prune(room, upto),
    dispose: async () => {},
  };
});
