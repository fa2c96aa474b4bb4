/** A start that has waited for a restore's lock: it opened the file that was replaced, and must not go on with it. */
import { existsSync, readFileSync, renameSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, it, vi } from "vitest";
import { openStore } from "../../src/store/open.js";
import { newPath, open, until } from "./places.js";

/** A closed database, held locked as a restore does; another one may be put in its place. */
async function held() {
  const [path, other] = [newPath(), newPath()];
  for (const each of [path, other]) await (await open(each)).close();
  const holder = new Database(path);
  holder.pragma("locking_mode = EXCLUSIVE");
  holder.pragma("journal_mode = DELETE");
  holder.exec("BEGIN EXCLUSIVE; COMMIT");
  const pauses = vi.spyOn(Math, "random");
  const opening = openStore({ url: path }).then(
    async (store) => {
      await store.close();
      return null;
    },
    (error: { code: string }) => error.code,
  );
  // Each refused try ends in a pause of a random length.
  await until(() => pauses.mock.calls.length > 2);
  pauses.mockRestore();
  return { path, other, opening, holder };
}

it("it ends with storage_lost, and leaves the new file and what is beside it alone", async () => {
  const { path, other, opening, holder } = await held();
  const fresh = readFileSync(other);
  renameSync(path, `${path}.old`);
  renameSync(other, path);
  holder.close();
  expect(await opening).toBe("storage_lost");
  expect(readFileSync(path).equals(fresh)).toBe(true);
  expect(existsSync(`${path}-wal`)).toBe(false);
});

it("negative twin: the lock alone is waited out", async () => {
  const { opening, holder } = await held();
  holder.close();
  expect(await opening).toBe(null);
});
