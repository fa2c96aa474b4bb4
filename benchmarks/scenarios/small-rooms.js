/** What people cost who talk in rooms of 20: no large fan-out, no full group of sends, and most of them just wait. */
import { setTimeout as sleep } from "node:timers/promises";
import { settled } from "../machine/settle.js";
import { withCrowd } from "./crowded.js";
import { inRounds } from "./rounds.js";

const FULL = { clients: [1_000, 5_000, 10_000], warmS: 2, seconds: 10 };
const QUICK = { clients: [1_000], warmS: 1, seconds: 4 };

const PEOPLE_EACH = 20;
/** Somebody in each room. */
const WRITES_EVERY_S = 10;
/** Nobody's wait runs out while they talk: those who come back empty are measured apart (`npm run scale -- measure`). */
const WAIT_S = 45;

export const scenario = {
  name: "small-rooms",
  summary: "rooms of 20 people, in each of which somebody writes every 10 seconds: how much of a core",
  peers: ["parkbench", "plain"],
  rounds: 3,
  quick: QUICK,

  /** @returns {Promise<{ rows: object[] }>} */
  run({ rounds, quick, peers, say }) {
    const plan = quick ? QUICK : FULL;
    return inRounds({ scenario: "small-rooms", rounds, peers, say }, async (peer, add) => {
      for (const clients of plan.clients) {
        const rooms = Array.from({ length: clients / PEOPLE_EACH }, (_, i) => `room-${i}`);
        await withCrowd(peer, { rooms, waitS: WAIT_S }, async (server, load) => {
          await load.call("grow", { count: clients, rooms });
          const perSecond = rooms.length / WRITES_EVERY_S;
          await load.call("steady", { rooms, perSecond, seconds: plan.warmS });
          await settled(server);
          const silent = await shareWhile(server, () => sleep(plan.seconds * 1000));
          const talking = await shareWhile(server, () =>
            load.call("steady", { rooms, perSecond, seconds: plan.seconds }),
          );
          const params = { clients, perSecond };
          add("coreShareSilent", "%", params, silent);
          add("coreShareTalking", "%", params, talking);
        });
      }
    });
  },
};

/** How much of a core the server takes meanwhile, in per cent. */
async function shareWhile(server, run) {
  const [cpuNs, from] = [server.cpuNs(), performance.now()];
  await run();
  return (server.cpuNs() - cpuNs) / (performance.now() - from) / 1e4;
}
