/** One conversation by several writers, read by somebody who changes transport at random moments. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Random, seeded } from "../support/random.js";
import { standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { besideFile } from "./beside.js";
import { Reader, type Transport } from "./reader.js";
import { hasAll, SEED } from "./reading.js";
import { OTHER_ROOM, Scene } from "./scene.js";
import { TRANSPORTS } from "./transports.js";

const WRITERS = 4;
const EACH = 100;
/** How many conversations: more of them in the long form. */
const SEEDS = Number(process.env.SEEDS ?? 4);

const app = standalone();
let scene: Scene;

beforeAll(async () => {
  const { url, db, chat } = app();
  const running = { url, beside: besideFile(db), chat, parked: () => chat.tail.parked };
  await Scene.furnish(running);
  scene = new Scene(running);
});

/** Sends one after the other; now and then another program writes, or somebody in another room. */
async function write(random: Random): Promise<void> {
  for (let n = 0; n < EACH; n++) {
    if (random.oneIn(10)) await scene.insert(1, "lobby", random.whole(0, 4000));
    else await scene.send("lobby", random.oneIn(5) ? 4000 : 0);
    if (random.oneIn(5)) await scene.send(OTHER_ROOM);
    for (let left = random.whole(0, 6); left > 0; left--) await turn();
  }
}

describe("a change of transport at random moments", () => {
  it.each(Array.from({ length: SEEDS }, (_, n) => SEED + n))(
    "leaves exactly the log's rows (SEED=%d)",
    async (seed) => {
      const random = seeded(seed);
      const taken = new Set<Transport>();
      let current: Transport | undefined;
      let changes = 0;
      let left: Transport[] = [];
      const reader = new Reader(() => {
        // In random order, and all of them before one comes again.
        if (left.length === 0) left = [...TRANSPORTS];
        const [next] = left.splice(random.whole(0, left.length - 1), 1) as [Transport];
        if (current && current !== next) changes++;
        current = next;
        taken.add(next);
        return next;
      });
      const from = await scene.end();
      reader.open({ url: scene.url, rooms: ["lobby"] }, from);
      try {
        let writing = WRITERS;
        const writers = Array.from({ length: WRITERS }, (_, n) =>
          write(seeded(seed * WRITERS + n)).finally(() => writing--),
        );
        while (writing > 0) {
          for (let left = random.whole(0, 40); left > 0; left--) await turn();
          reader.cut();
        }
        await Promise.all(writers);
        await hasAll(scene, reader, from);
      } finally {
        await reader.close();
      }
      expect(await scene.slice(from)).toHaveLength(WRITERS * EACH);
      expect([taken.size, changes >= TRANSPORTS.length], `${changes} changes, SEED=${seed}`).toEqual([
        TRANSPORTS.length,
        true,
      ]);
      await scene.waiting(0);
    },
  );
});
