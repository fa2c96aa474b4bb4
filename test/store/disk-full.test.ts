/** A disk that fills up under an open store: refused clearly, nothing acknowledged lost, and it recovers by itself. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ParkbenchError } from "../../src/core/errors.js";
import type { Store } from "../../src/core/store.js";
import { tools } from "../support/tools.js";
import { mount, newFolder, open } from "./places.js";

const isWritable = (store: Store) =>
  store.check().then(
    () => true,
    () => false,
  );

describe.skipIf(tools.mount === null)("a full disk (run the tests as root on Linux)", () => {
  it("is storage_full to whoever sends, loses nothing acknowledged, and is over when there is room", async ({
    skip,
  }) => {
    const folder = join(newFolder(), "disk");
    const refused = mount(folder, "3m");
    if (refused !== null) skip(`mount: ${refused}`);
    const filler = join(folder, "filler");
    writeFileSync(filler, Buffer.alloc(2 * 1_048_576));
    const path = join(folder, "chat.db");
    const store = await open(path);
    const author = { id: 7, name: "Ana" };
    const acknowledged: number[] = [];
    const refusals: ParkbenchError[] = [];
    const send = async (n: number) => {
      try {
        const sent = await store.log.append({
          room: "lobby",
          author,
          text: "x".repeat(2_000),
          nonce: `${n}`,
        });
        acknowledged.push(sent.message.id);
      } catch (error) {
        refusals.push(error as ParkbenchError);
      }
    };
    for (let n = 0; refusals.length < 5; n++) await Promise.all([send(2 * n), send(2 * n + 1)]);
    expect(acknowledged.length).toBeGreaterThan(20);
    for (const { code } of refusals) expect(code).toBe("storage_full");
    // A check is the smallest of writes: what room is left goes to the first ones.
    let room = 0;
    while (room < 10 && (await isWritable(store))) room++;
    expect(room).toBeLessThan(10);
    await expect(store.check()).rejects.toMatchObject({ code: "storage_full" });
    const stored = async () => (await store.log.since("all", 0, 10_000)).messages.map(({ id }) => id);
    expect(await stored()).toEqual(acknowledged);

    rmSync(filler);
    await store.check();
    refusals.length = 0;
    // The refused ones again, under the same nonces: they were not there.
    for (let n = 0; n < 20; n++) await send(1_000_000 + n);
    expect(refusals).toEqual([]);
    expect(await stored()).toEqual(acknowledged);
    await store.close();
    const again = await open(path);
    expect((await again.log.since("all", 0, 10_000)).messages.map(({ id }) => id)).toEqual(acknowledged);
  });
});
