/** The Retention contracts on SQLite. */
import { connect, newPath, open } from "./places.js";
import { DAY, NOW, type RetentionUnderTest, retentionContract } from "./retention-contract.js";
import { retentionTracesContract } from "./retention-traces-contract.js";

async function place(): Promise<RetentionUnderTest> {
  const path = newPath();
  const clock = { now: NOW };
  const another = () => open(path, { now: () => clock.now });
  const store = await another();
  const db = connect(path);
  const insert = db.prepare(
    "INSERT INTO messages (room, author_name, author_id, text, nonce, at) VALUES (?, 'Ana', ?, ?, ?, ?)",
  );
  return {
    store,
    another,
    pass: async (ms) => {
      clock.now += ms;
    },
    add: async (rows) =>
      db.transaction(() => {
        for (const { room, ageDays, text = "x", nonce = null } of rows)
          insert.run(room, nonce === null ? null : 7, text, nonce, NOW - ageDays * DAY);
      })(),
    left: async () => db.prepare("SELECT id FROM messages ORDER BY id").pluck().all() as number[],
    pruned: async () => Object.fromEntries(db.prepare("SELECT room, upto FROM pruned").raw().all() as []),
    nonces: async () => ({
      known: db.prepare("SELECT nonce FROM nonces").pluck().all() as string[],
      spent: db.prepare("SELECT nonce FROM pruned_nonces").pluck().all() as string[],
    }),
  };
}

retentionContract("SQLite", place);
retentionTracesContract("SQLite", place);
