/** The promises about ends and beginnings: closing, a life that is over, a cursor that means nothing. */
import { expect, vi } from "vitest";
import { TIMERS } from "../support/fake-timers.js";
import { turn } from "../support/turn.js";
import { idOf, type Transport } from "./reader.js";
import { firstFault, hasAll, type Promised, reading } from "./reading.js";
import type { Scene } from "./scene.js";

export const AT_THE_END: Readonly<Record<string, Promised>> = {
  "leaves no waiter behind when it is closed": async (scene, transport) => {
    await reading(scene, transport, await scene.end(), () => scene.waiting(1));
    expect(scene.parked()).toBe(0);
  },

  "leaves no waiter behind when it is cut for good": async (scene, transport) => {
    await reading(scene, transport, await scene.end(), async (reader) => {
      await scene.waiting(1);
      reader.cut();
      await reader.close();
      await scene.waiting(0);
    });
  },

  "tells of a cursor that is ahead of the log, and starts from the newest": (scene, transport) =>
    startsAnew(scene, transport, (end) => end.replace(/^\d+/, (id) => String(Number(id) + 1000))),

  "tells of a cursor of another log, and starts from the newest": (scene, transport) =>
    startsAnew(scene, transport, (end) => end.replace(/-.*/, "-zzzz")),
};

/** Where nothing but the chat has timers: these put the clock forward. */
export const BY_THE_CLOCK: Readonly<Record<string, Promised>> = {
  "ends by itself with the way on, leaves no waiter behind, and goes on there": async (scene, transport) => {
    const from = await scene.end();
    vi.useFakeTimers({ toFake: [...TIMERS] });
    try {
      await reading(scene, transport, from, async (reader) => {
        await scene.waiting(1);
        await scene.send();
        await hasAll(scene, reader, from);
        await scene.waiting(1);
        const before = reader.ends.length;
        // Step by step: a ping must be answered before the next.
        for (let s = 0; s <= 600 && reader.ends.length === before; s += 5) {
          vi.advanceTimersByTime(5000);
          for (let n = 0; n < 10; n++) await turn();
        }
        expect(reader.ends.length, "lives that ended").toBeGreaterThan(before);
        expect(reader.ends).not.toContain("cut");
        await scene.send();
        await hasAll(scene, reader, from);
        await scene.waiting(1);
      });
    } finally {
      vi.useRealTimers();
    }
  },
};

async function startsAnew(
  scene: Scene,
  transport: Transport,
  spoil: (cursor: string) => string,
): Promise<void> {
  await scene.send();
  const end = await scene.end();
  await reading(scene, transport, spoil(end), async (reader) => {
    await scene.until(
      () => reader.resets > 0 && idOf(reader.cursor) === idOf(end),
      () => `a reset; ${reader.describe()}`,
    );
    await scene.waiting(1);
    const id = await scene.send();
    await scene.until(
      () => reader.rows.at(-1)?.id === id,
      () => `row ${id}; ${reader.describe()}`,
    );
    expect(reader.rows.length).toBeGreaterThan(1);
    expect(firstFault(reader.rows, (await scene.slice("0")).slice(-reader.rows.length))).toBeNull();
    expect(reader.resets).toBe(1);
  });
}
