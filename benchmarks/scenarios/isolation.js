/** Whether a small room pays for a full house: a message to 10 readers, with nobody and with 19,000 parked in other rooms. */
import { clientsMax } from "../machine/accounting.js";
import { settled } from "../machine/settle.js";
import { withCrowd } from "./crowded.js";
import { inRounds } from "./rounds.js";

const FULL = { elsewhere: 19_000, rooms: 100, readers: 10, warm: 2_000, messages: 600 };
const QUICK = { ...FULL, elsewhere: 5_000, warm: 1_000, messages: 200 };

const SMALL = "small";
/** Nobody elsewhere comes back while the small room is measured. */
const WAIT_S = 45;
/** In which the readers have asked again. */
const GAP_MS = 2;

export const scenario = {
  name: "isolation",
  summary: "a message to 10 readers, with nobody and with 19,000 parked in other rooms",
  peers: ["parkbench", "plain"],
  rounds: 3,
  quick: QUICK,

  /** @returns {Promise<{ rows: object[] }>} */
  run({ rounds, quick, peers, say }) {
    const plan = quick ? QUICK : FULL;
    const crowded = Math.min(plan.elsewhere, clientsMax());
    const others = Array.from({ length: plan.rooms }, (_, i) => `room-${i}`);
    return inRounds({ scenario: "isolation", rounds, peers, say }, async (peer, add) => {
      for (const elsewhere of [0, crowded]) {
        say(`${peer}, ${elsewhere} parked elsewhere`);
        await withCrowd(peer, { rooms: [SMALL, ...others], waitS: WAIT_S }, async (server, load) => {
          await load.call("grow", { count: plan.readers, rooms: [SMALL] });
          // Warm before the crowd comes: its waits would run out during a long warm-up.
          await load.call("fanOuts", { room: SMALL, messages: plan.warm, gapMs: 0 });
          await load.call("grow", { count: plan.readers + elsewhere, rooms: others });
          await load.call("fanOuts", { room: SMALL, messages: plan.messages / 10, gapMs: GAP_MS });
          await measure(server, load, { plan, params: { elsewhere }, say, add });
        });
      }
    });
  },
};

async function measure(server, load, { plan, params, say, add }) {
  const before = await settled(server);
  await load.call("look");
  const { wallMs } = await load.call("fanOuts", { room: SMALL, messages: plan.messages, gapMs: GAP_MS });
  const cpuNs = (await settled(server)) - before;
  const { empties } = await load.call("look");
  // A machine so slow that their waits ran out: said, as the figure is then of something else, too.
  if (empties > 0) say(`${empties} of those elsewhere asked again during the measurement, and are counted`);
  add("cpuUsPerMessage", "us", params, cpuNs / 1000 / plan.messages);
  add("wallMs", "ms", params, wallMs);
}
