/** A day like any other: 500 people in 50 rooms, 200 messages a second, and how long each takes to each reader. */
import { settled } from "../machine/settle.js";
import { withCrowd } from "./crowded.js";
import { inRounds } from "./rounds.js";

const FULL = { clients: 500, rooms: 50, perSecond: 200, warmS: 2, seconds: 6 };
const QUICK = { ...FULL, warmS: 1, seconds: 3 };

export const scenario = {
  name: "steady-chat",
  summary: "500 readers in 50 rooms, 200 messages a second: from the send to each reader",
  peers: ["parkbench", "plain", "nchan", "socketio", "sockjs", "faye", "express"],
  rounds: 3,
  quick: QUICK,

  /** @returns {Promise<{ rows: object[] }>} */
  run({ rounds, quick, peers, say }) {
    const { clients, rooms: roomCount, perSecond, warmS, seconds } = quick ? QUICK : FULL;
    const rooms = Array.from({ length: roomCount }, (_, i) => `room-${i}`);
    const params = { clients, rooms: roomCount, perSecond };
    return inRounds({ scenario: "steady-chat", rounds, peers, say }, (peer, add) =>
      withCrowd(peer, { rooms }, async (server, load) => {
        await load.call("grow", { count: clients, rooms });
        await settled(server);
        await load.call("steady", { rooms, perSecond, seconds: warmS });
        const { p50, p99, max } = await load.call("steady", { rooms, perSecond, seconds });
        add("latencyMsP50", "ms", params, p50);
        add("latencyMsP99", "ms", params, p99);
        add("latencyMsMax", "ms", params, max);
      }),
    );
  },
};
