/** What a parked client costs in memory: after the start, and at the highest through fan-outs. */
import { clientsMax } from "../machine/accounting.js";
import { settled } from "../machine/settle.js";
import { parkedFor } from "../servers/dear.js";
import { withCrowd } from "./crowded.js";
import { inRounds } from "./rounds.js";

const FULL = { parked: [10_000, 18_000], fanOuts: 3 };
const QUICK = { parked: [1_000, 5_000], fanOuts: 2 };

/** Longer than anything here takes: nobody's poll ends while it is looked at. */
const WAIT_S = 45;
const REST_MS = 1_000;

export const scenario = {
  name: "memory",
  summary: "resident memory for each parked client, at rest and at the highest through fan-outs",
  peers: ["parkbench", "plain", "nchan", "socketio", "sockjs", "faye", "express"],
  rounds: 3,
  quick: QUICK,

  /** @returns {Promise<{ rows: object[] }>} */
  async run({ rounds, quick, peers, say }) {
    const plan = quick ? QUICK : FULL;
    const steps = plan.parked.filter((parked) => parked <= clientsMax());
    return inRounds({ scenario: "memory", rounds, peers, say }, async (peer, add) => {
      // A server of its own for each size: what the size before has left behind would be counted, or be used again.
      for (const parked of parkedFor(peer, steps)) {
        say(`${peer}, ${parked} parked`);
        await withCrowd(peer, { waitS: WAIT_S }, (server, load) =>
          measure(server, load, { parked, plan, add }),
        );
      }
    });
  },
};

async function measure(server, load, { parked, plan, add }) {
  await settled(server);
  const idleBytes = server.rssBytes();
  const kibEach = (bytes) => (bytes - idleBytes) / 1024 / parked;
  server.resetPeak();

  await load.call("grow", { count: parked, rooms: ["lobby"] });
  await atRest(server);
  add("kibPerParked", "KiB", { parked }, kibEach(server.rssBytes()));

  for (let i = 0; i < plan.fanOuts; i += 1) {
    await load.call("fanOut", { room: "lobby" });
    await settled(server);
  }
  // The burst is the worst: all answers are written before the first poll comes.
  await load.call("fanOut", { room: "lobby", held: true });
  await atRest(server);
  await load.call("look");
  add("kibPerParkedAfterFanOut", "KiB", { parked }, kibEach(server.rssBytes()));
  add("kibPerParkedPeak", "KiB", { parked }, kibEach(server.rssPeakBytes()));
}

/** Quiet, and the engine has had time to give back what it does not need. */
async function atRest(server) {
  await settled(server);
  await new Promise((done) => setTimeout(done, REST_MS));
  await settled(server);
}
