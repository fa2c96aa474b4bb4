/** The promises about what comes while a reader reads, whatever happens to its connection. */
import { expect } from "vitest";
import { seeded } from "../support/random.js";
import { turn } from "../support/turn.js";
import type { Transport } from "./reader.js";
import { hasAll, type Promised, reading, readingBesideOthers, SEED } from "./reading.js";
import { OTHER_ROOM, type Scene } from "./scene.js";

export const WHILE_OPEN: Readonly<Record<string, Promised>> = {
  "gives everything after the cursor once, in order, and nothing of other rooms": async (
    scene,
    transport,
  ) => {
    await scene.insert(5);
    const from = await scene.end();
    for (let n = 0; n < 10; n++) await scene.insert(1 + (n % 3), n % 2 ? OTHER_ROOM : "lobby");
    await reading(scene, transport, from, async (reader) => {
      await scene.waiting(1);
      for (let n = 0; n < 20; n++) {
        if (n % 3 === 0) await scene.insert(1, n % 2 ? OTHER_ROOM : "lobby");
        else await scene.send(n % 2 ? OTHER_ROOM : "lobby");
      }
      await hasAll(scene, reader, from);
    });
  },

  "loses nothing that lands between connecting and parking": (scene, transport) =>
    landingWhileParking(scene, transport),

  "loses nothing that lands there while others wait, as the tail then reads for all": async (
    scene,
    transport,
  ) => {
    const from = await scene.end();
    await reading(scene, transport, from, async (other) => {
      await scene.waiting(1);
      await landingWhileParking(scene, transport);
      await hasAll(scene, other, from);
    });
  },

  "loses and doubles nothing when it is cut at random moments": async (scene, transport) => {
    const random = seeded(SEED);
    const from = await scene.end();
    await reading(scene, transport, from, async (reader) => {
      for (let n = 0; n < 40; n++) {
        // Rows that a connection's buffers cannot hold: it is cut in the middle of them, too.
        if (random.oneIn(4)) await scene.insert(random.whole(1, 60), "lobby", 3000);
        else for (let left = random.whole(1, 4); left > 0; left--) await scene.send();
        for (let left = random.whole(0, 40); left > 0; left--) await turn();
        reader.cut();
      }
      await hasAll(scene, reader, from);
      expect(reader.ends.filter((end) => end === "cut").length, "cuts").toBeGreaterThan(5);
    });
  },

  "gives a backlog of 1,000 rows of 3 KB complete": async (scene, transport) => {
    const from = await scene.end();
    await scene.insert(1000, "lobby", 3000);
    await reading(scene, transport, from, (reader) => hasAll(scene, reader, from));
  },

  "gives a reader that took nothing while 2,000 rows landed all of them": async (scene, transport) => {
    const from = await scene.end();
    await reading(scene, transport, from, async (reader) => {
      await scene.waiting(1);
      reader.hold();
      for (let n = 0; n < 40; n++) {
        await scene.insert(50, "lobby", 4000);
        await scene.send();
        for (let left = 5; left > 0; left--) await turn();
      }
      expect(reader.rows.length, "rows taken while it was held").toBeLessThan(1000);
      reader.release();
      await hasAll(scene, reader, from);
    });
  },

  "is woken by a row that another program inserts, and not by one of another room": async (
    scene,
    transport,
  ) => {
    const from = await scene.end();
    await reading(scene, transport, from, async (reader) => {
      await scene.waiting(1);
      await scene.insert(1, OTHER_ROOM);
      // Whoever asks now is answered after the row was heard of.
      await scene.send(OTHER_ROOM);
      expect([reader.rows, reader.ends, scene.parked()]).toEqual([[], [], 1]);
      await scene.insert(1);
      await hasAll(scene, reader, from);
    });
  },
};

/** Rows that land ever later after the reader set out, and one that was there before. */
async function landingWhileParking(scene: Scene, transport: Transport): Promise<void> {
  for (let turns = 0; turns < 24; turns += 2) {
    const from = await scene.end();
    await scene.send();
    await readingBesideOthers(scene, transport, from, async (reader) => {
      for (let n = 0; n < turns; n++) await turn();
      await scene.send();
      await hasAll(scene, reader, from);
    });
  }
}
