/** A store on PostgreSQL that nobody asks for anything is seen there all the same: a move, or a new epoch, would harm it. */
import { afterEach, expect, it, vi } from "vitest";
import { openStore } from "../../src/store/open.js";
import { ask } from "../support/ask.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

const HELD =
  "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parkbench'";

afterEach(() => void vi.useRealTimers());

it.skipIf(tools.postgres === null)("holds one connection, and lets go of others that are idle", async () => {
  const url = await freshDatabase();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const store = await openStore({ url });
  expect(await ask(url, HELD)).toHaveLength(1);
  await Promise.all(Array.from({ length: 5 }, () => store.rooms.list()));
  expect((await ask(url, HELD)).length).toBeGreaterThan(1);
  vi.advanceTimersByTime(60_000);
  await vi.waitFor(async () => expect(await ask(url, HELD)).toHaveLength(1));
  await store.log.close();
});
