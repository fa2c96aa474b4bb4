/** Faults at random that change in mid-conversation: transports change with them, and nothing is lost or doubled. */
import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { say } from "../support/guest.js";
import type { Faults, Middlebox } from "../support/middlebox.js";
import { behind, talk, timesStored } from "../support/middlebox-scene.js";
import { haveHeardAll } from "../support/middlebox-talkers.js";
import { type Random, seeded } from "../support/random.js";
import { until } from "../support/until.js";

const POOL: readonly Faults[] = [
  { upgrade: "plain" },
  { upgrade: "silent" },
  { holds: true },
  { cutMs: 300 },
  { cutMs: 800, cutStatus: 504 },
  { htmlStatus: 502 },
  { htmlStatus: 503 },
  { replaysGets: true },
  { doublesPosts: true },
  { delayMs: 60 },
  { swapsPosts: true },
  { latePosts: true },
  { cachesGets: true },
  { resets: true },
  { losesAnswers: true },
  { isDeaf: true },
];

const PHASES = 6;
const PHASE_MS = 700;
/** One, and one that is new each time; SEED=n runs that one alone, SEEDS=n so many new ones. */
const { SEED, SEEDS } = process.env;
const fresh = (count: number) => Array.from({ length: count }, () => randomInt(2 ** 31));
const seeds = SEED ? [Number(SEED)] : SEEDS ? fresh(Number(SEEDS)) : [1, ...fresh(1)];

describe("behind a middlebox whose faults change", () => {
  const client = builtClient();

  it.concurrent.each(seeds)(
    "everybody hears everything once, in order, and says everything once: SEED=%i",
    async (seed) => {
      const random = seeded(seed);
      await behind(
        client().code("client"),
        {},
        async ({ app, box, talkers }) => {
          await say(app.url, "Direct", "at first");
          await haveHeardAll(app, talkers);
          const said: Promise<unknown>[] = [];
          const texts: string[] = [];
          for (let phase = 1; phase <= PHASES; phase++) {
            box.faults = faultsAt(random);
            if (random.oneIn(2)) box.cut();
            for (const { name, say: tell } of talkers.filter(() => random.oneIn(2))) {
              texts.push(`${name} ${phase}`);
              said.push(tell(`${name} ${phase}`));
            }
            await say(app.url, "Direct", `phase ${phase}`);
            await passed(box, random.whole(5, 40));
          }
          box.faults = {};
          await Promise.all(said);
          await say(app.url, "Direct", "the last");
          await haveHeardAll(app, talkers);
          expect(texts.map((text) => [text, timesStored(app, text)])).toEqual(texts.map((text) => [text, 1]));
        },
        { seed },
      );
    },
    90_000,
  );

  it.concurrent("everybody steps down from transport to transport, and hears everything once", async () => {
    await behind(client().code("client"), {}, async (scene) => {
      const { box, talkers } = scene;
      const [page, node] = talkers;
      const transports = () => [page?.transport(), node?.transport()];
      const steps = [
        ["websocket", {}],
        ["sse", { upgrade: "plain" }],
        ["poll", { upgrade: "plain", holds: true }],
      ] as const;
      for (const [index, [transport, faults]] of steps.entries()) {
        box.faults = faults;
        box.cut();
        await talk(scene, index);
        await until(
          () => transports().every((used) => used === transport),
          () => `${transport}; they use ${transports()}`,
        );
        await talk(scene, index + 10);
      }
    });
  }, 60_000);
});

/** One to three of them; those that would let nothing through strike some requests only. */
function faultsAt(random: Random): Faults {
  const chosen = Array.from({ length: random.whole(1, 3) }, () => POOL[random.whole(0, POOL.length - 1)]);
  return Object.assign({ oneIn: random.whole(2, 4) }, ...chosen) as Faults;
}

/** A phase lasts for so many requests, or its time: where answers are held back there are few. */
async function passed(box: Middlebox, requests: number): Promise<void> {
  const { requests: before } = box.counts;
  const endsAt = performance.now() + PHASE_MS;
  while (box.counts.requests < before + requests && performance.now() < endsAt) await pause(5);
}
