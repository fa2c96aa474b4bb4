/** What PostgreSQL has acknowledged, or has shown to anybody, is there after a crash, however the server is set. */
import { expect, test } from "vitest";
import { openStore } from "../../src/store/open.js";
import { ask } from "../support/ask.js";
import { startCluster } from "../support/postgres.js";
import { tools } from "../support/tools.js";

/** Commits are answered before they are flushed, and nothing else flushes them in the time of this test. */
const LAZY = { synchronous_commit: "off", wal_writer_delay: "10s" };

test.skipIf(tools.postgres === null)(
  "guarantee 2: a row survives a crash of a server that is set not to flush commits",
  { timeout: 60_000 },
  async () => {
    const cluster = await startCluster(LAZY);
    try {
      const url = await cluster.database();
      const { log } = await openStore({ url });
      const author = { id: null, name: "Ana" };
      const draft = { room: "lobby", author, text: "acknowledged", nonce: "a1" };
      const [own] = await Promise.all([log.append(draft), log.append({ ...draft, nonce: "a2" })]);
      await ask(url, "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'seen')");
      // Nobody's message: whether the server does as it is set.
      await ask(url, "UPDATE log SET checked_at = 7");
      await cluster.crash();
      await cluster.start();
      const { messages } = await log.since("all", 0, 10);
      expect(messages.map(({ text }) => text)).toEqual(["acknowledged", "acknowledged", "seen"]);
      expect(await log.append(draft)).toEqual({ outcome: "repeated", message: own?.message });
      const rows = await ask(url, "SELECT checked_at FROM log");
      expect(rows).not.toEqual([{ checked_at: "7" }]);
      await log.close();
    } finally {
      await cluster.stop();
    }
  },
);
