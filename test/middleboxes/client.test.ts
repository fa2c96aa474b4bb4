/** Behind every broken middlebox both clients hear everything once and in order, and what they send is stored once. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { say } from "../support/guest.js";
import type { Fault, Faults, Middlebox } from "../support/middlebox.js";
import { behind, type Scene, talk } from "../support/middlebox-scene.js";
import { haveHeardAll, type Transports } from "../support/middlebox-talkers.js";
import { until } from "../support/until.js";

const FAULTS: Readonly<Record<string, Faults>> = {
  "none at all": {},
  "drops Upgrade": { upgrade: "plain" },
  "answers 101 and is silent": { upgrade: "silent" },
  "holds every answer to its end": { holds: true },
  "drops Upgrade and holds answers": { upgrade: "plain", holds: true },
  "cuts by a reset": { cutMs: 700 },
  "cuts with 504": { cutMs: 700, cutStatus: 504 },
  "answers with a page of 502 at times": { htmlStatus: 502, oneIn: 4 },
  "answers with a page of 503 at times": { htmlStatus: 503, oneIn: 4 },
  "replays GETs": { replaysGets: true },
  "sends POSTs twice": { doublesPosts: true },
  delays: { delayMs: 150 },
  "reorders two POSTs": { swapsPosts: true },
  "sends a POST late, after its own retry": { latePosts: true, oneIn: 4 },
  "caches GETs in spite of no-store": { cachesGets: true },
  "caches GETs and cuts, so that the same is asked for again": { cachesGets: true, cutMs: 1200 },
  "resets at times": { resets: true, oneIn: 4 },
  "loses answers at times": { losesAnswers: true, oneIn: 4 },
  "does not say that a client has left": { isDeaf: true, cutMs: 700 },
};

/** Those that let streams through, if not for long. */
const THROUGH = ["cuts by a reset", "delays", "resets at times", "loses answers at times"];

describe("behind a middlebox that", () => {
  const client = builtClient();

  it.concurrent.each(Object.entries(FAULTS))("%s", (_name, faults) => talkBehind(faults), 60_000);

  it.concurrent.each(THROUGH)(
    "%s: by WebSocket alone, and by server-sent events alone",
    (name) => talkBehind(FAULTS[name] ?? {}, [["websocket"], ["sse"]]),
    60_000,
  );

  function talkBehind(faults: Faults, ladders?: readonly Transports[]): Promise<void> {
    const meet = async (scene: Scene) => {
      const { app, box, talkers } = scene;
      await talk(scene, 1);
      await talk(scene, 2);
      await until(
        () => haveStruck(box, faults),
        () => `${Object.keys(faults)} to strike; ${JSON.stringify(box.counts)}`,
      );
      // Whoever has caught up is parked by now: this one comes live.
      await say(app.url, "Direct", "the last");
      await haveHeardAll(app, talkers);
      // Its self-test shows that it would: no address is ever asked for twice.
      expect(box.counts.struck.cachesGets).toBe(undefined);
    };
    return behind(client().code("client"), faults, meet, ladders && { ladders });
  }
});

function haveStruck({ counts }: Middlebox, { oneIn, cutStatus, cachesGets, ...faults }: Faults): boolean {
  // A cut is met more than once.
  const enough = (name: Fault) => (name === "cutMs" ? 12 : 1);
  return (Object.keys(faults) as Fault[]).every((name) => (counts.struck[name] ?? 0) >= enough(name));
}
