/** The simulation obeys what is known without it: who gets what, how often, and how long that takes. */
import { describe, expect, it } from "vitest";
import { MODEL, type Model } from "./model.js";
import { simulate } from "./simulate.js";

/** Work, ways and chance cost nothing: what is left is the flush. */
const FREE: Model = {
  ...(Object.fromEntries(Object.keys(MODEL).map((name) => [name, 0])) as Model),
  seed: 1,
  seconds: 1,
  readers: 20,
  roomReaders: 10,
  messagesEach: 30,
  databaseCores: 4,
  awayMs: 1,
  flushMs: 2,
};

function medianOf(values: readonly number[]): number {
  return values[values.length >> 1] ?? Number.NaN;
}

describe("a simulated chat", () => {
  it("brings every message to every reader once and in order, on one process and on many", async () => {
    for (const processes of [1, 5]) {
      const { sent, missed, wrong, refused, ackMs } = await simulate({ ...MODEL, seconds: 1 }, processes);
      expect(sent).toBeGreaterThan(10 * processes);
      expect({ missed, wrong, refused, acknowledged: ackMs.length }).toEqual({
        missed: 0,
        wrong: 0,
        refused: 0,
        acknowledged: sent,
      });
    }
  });

  it("loses and doubles nothing when each reader comes back to any process", async () => {
    const roaming = { ...MODEL, seconds: 1, roamOneIn: 1, messagesEach: 100, awayMs: 1 };
    const { sent, missed, wrong } = await simulate(roaming, 5);
    expect(sent).toBeGreaterThan(300);
    expect({ missed, wrong }).toEqual({ missed: 0, wrong: 0 });
  });

  it("takes the flush and nothing else, where all else is free", async () => {
    const { ackMs, wakeMs, answerMs } = await simulate({ ...FREE, messagesEach: 3 }, 1);
    expect(ackMs.length).toBeGreaterThan(0);
    for (const ms of ackMs) expect(ms).toBeCloseTo(2, 6);
    for (const ms of [...wakeMs, ...answerMs]) expect(ms).toBeCloseTo(0, 6);
  });

  it("waits for the commits before its own: one lock is all that commits go through", async () => {
    const busy = { ...FREE, messagesEach: 1000, readers: 1 };
    const { perSecond, busy: share, ackMs } = await simulate(busy, 8);
    expect(perSecond.commits).toBeGreaterThan(490);
    expect(perSecond.commits).toBeLessThanOrEqual(501);
    expect(share.lock).toBeGreaterThan(0.98);
    // In groups, all of them; and each in its turn, after its process's commit before it.
    expect(perSecond.messages).toBeGreaterThan(7000);
    expect(medianOf(ackMs)).toBeGreaterThan(7 * 2);
    expect(ackMs.at(-1)).toBeLessThanOrEqual(2 * 8 * 2 + 2);
  });

  it("wakes a reader at another process one way, one read and one way back later", async () => {
    const slow = {
      ...FREE,
      roundTripMsMin: 10,
      roundTripMsMax: 10,
      messagesEach: 3,
      seconds: 3,
      readUs: 500,
    };
    const { wakeMs, ackMs } = await simulate(slow, 2);
    expect(wakeMs).toHaveLength(ackMs.length);
    // The commit's answer, the notification there and to the other, the read there and back: five ways. Not for each of
    // them, as a read that is under way for one message may find the next.
    expect(medianOf(wakeMs)).toBeCloseTo(5 * 5 + 0.5, 6);
    expect(medianOf(ackMs)).toBeCloseTo(2 * 5 + 2, 6);
  });

  it("reads once for each message and process", async () => {
    const rare = { ...FREE, messagesEach: 0, messagesAll: 20 };
    for (const processes of [1, 2, 4, 8]) {
      const { sent, perSecond } = await simulate(rare, processes);
      expect(sent).toBeGreaterThan(5);
      expect(perSecond.commits).toBe(sent);
      expect(perSecond.reads).toBe(sent * processes);
      expect(perSecond.heard).toBe(sent * processes);
      expect(perSecond.looks).toBe(2 * processes);
    }
  });

  it("reads for a reader of its own where its room is not known yet", async () => {
    const staying = { ...FREE, messagesEach: 0, messagesAll: 20, readers: 40, roomReaders: 4 };
    const [stayed, roamed] = [await simulate(staying, 5), await simulate({ ...staying, roamOneIn: 1 }, 5)];
    expect(roamed.sent).toBe(stayed.sent);
    expect(roamed.perSecond.reads).toBeGreaterThan(stayed.perSecond.reads + stayed.sent);
  });

  it("gives the same figures for the same seed, and others for another", async () => {
    const once = await simulate({ ...MODEL, seconds: 0.5 }, 3);
    expect(await simulate({ ...MODEL, seconds: 0.5 }, 3)).toEqual(once);
    const other = await simulate({ ...MODEL, seconds: 0.5, seed: 2 }, 3);
    expect(other.wakeMs).not.toEqual(once.wakeMs);
  });

  it("leaves this process's timers as they were", async () => {
    const { setTimeout, setImmediate } = globalThis;
    const beforeMs = performance.now();
    await simulate({ ...FREE, messagesEach: 3 }, 1);
    expect(globalThis.setTimeout).toBe(setTimeout);
    expect(globalThis.setImmediate).toBe(setImmediate);
    expect(performance.now()).toBeGreaterThan(beforeMs);
  });
});
