/** One message to everybody who is parked: the server's CPU for each delivery with the poll that follows, and the burst's time. */
import { clientsMax, openFilesMax } from "../machine/accounting.js";
import { settled } from "../machine/settle.js";
import { isDear, parkedFor } from "../servers/dear.js";
import { signIn } from "../servers/parkbench.js";
import { withCrowd } from "./crowded.js";
import { inRounds, median } from "./rounds.js";

const FULL = {
  parked: [1_000, 5_000, 10_000, 18_000],
  signedIn: 5_000,
  warm: 30_000,
  deliveries: 50_000,
  bursts: 5,
};
/** For a dear peer; its spread shows whether they were enough. */
const FEWER = { warm: 10_000, deliveries: 10_000, bursts: 2 };
const QUICK = { parked: [1_000, 5_000], signedIn: 1_000, warm: 20_000, deliveries: 15_000, bursts: 3 };
const QUICK_FEWER = { warm: 5_000, deliveries: 5_000, bursts: 2 };

const LATER_WARM_MESSAGES = 2;

export const scenario = {
  name: "fan-out",
  summary: "one message to 1,000-18,000 parked clients: CPU per delivery, and the time until the last has it",
  peers: ["parkbench", "plain", "nchan", "socketio", "sockjs", "faye", "express"],
  rounds: 3,
  quick: QUICK,

  /** @returns {Promise<{ rows: object[] }>} */
  async run({ rounds, quick, peers, say }) {
    const plan = quick ? QUICK : FULL;
    const steps = plan.parked.filter((parked) => parked <= clientsMax());
    if (steps.length < plan.parked.length) {
      say(
        `a process may open ${openFilesMax()} files here: no more than ${steps.at(-1)} parked (see ulimit -n)`,
      );
    }
    return inRounds({ scenario: "fan-out", rounds, peers, say }, async (peer, add) => {
      const own = isDear(peer) ? { ...plan, ...(quick ? QUICK_FEWER : FEWER) } : plan;
      await withCrowd(peer, {}, async (server, load) => {
        for (const [step, parked] of parkedFor(peer, steps).entries()) {
          const warm = step === 0 ? Math.ceil(own.warm / parked) : LATER_WARM_MESSAGES;
          await measure(server, load, { ...own, params: { parked }, warm, say, add });
        }
      });
      if (peer !== "parkbench") return;
      const sessions = (port) => signInAll(port, plan.signedIn);
      await withCrowd(peer, { sessions }, async (server, load) => {
        const warm = Math.ceil(plan.warm / plan.signedIn);
        await measure(server, load, {
          ...plan,
          params: { parked: plan.signedIn, signedIn: true },
          warm,
          say,
          add,
        });
      });
    });
  },
};

async function measure(server, load, { params, warm, deliveries, bursts, say, add }) {
  const { parked } = params;
  say(`${parked} parked${params.signedIn ? ", signed in" : ""}`);
  await load.call("grow", { count: parked, rooms: ["lobby"] });
  await settled(server);
  await fanOuts(server, load, { messages: warm, held: false });
  const flowing = await fanOuts(server, load, {
    messages: Math.max(2, Math.ceil(deliveries / parked)),
    held: false,
  });
  add("cpuUsPerDelivery", "us", { ...params, held: false }, flowing.cpuUs);
  add("loadCpuUsPerDelivery", "us", { ...params, held: false }, flowing.loadCpuUs);

  await fanOuts(server, load, { messages: 1, held: true });
  const burst = await fanOuts(server, load, { messages: bursts, held: true });
  add("burstWallMs", "ms", { ...params, held: true }, burst.wallMs);
  add("burstCpuUsPerDelivery", "us", { ...params, held: true }, burst.cpuUs);
  await load.call("look");
}

/** The CPU from before each send until everybody has the message, has asked again and is parked. */
async function fanOuts(server, load, { messages, held }) {
  let cpuNs = 0;
  let loadCpuUs = 0;
  let delivered = 0;
  const walls = [];
  for (let i = 0; i < messages; i += 1) {
    const before = server.cpuNs();
    const sent = await load.call("fanOut", { room: "lobby", held });
    cpuNs += (await settled(server)) - before;
    loadCpuUs += sent.loadCpuUs;
    delivered += sent.deliveries;
    walls.push(sent.wallMs);
  }
  return { cpuUs: cpuNs / 1000 / delivered, loadCpuUs: loadCpuUs / delivered, wallMs: median(walls) };
}

/** A few at a time: each sign-in is a flushed write. */
async function signInAll(port, count) {
  const cookies = [];
  while (cookies.length < count) {
    const first = cookies.length;
    const batch = Array.from({ length: Math.min(50, count - first) }, (_, i) =>
      signIn(port, `Reader ${first + i}`),
    );
    cookies.push(...(await Promise.all(batch)).map(({ cookie }) => cookie));
  }
  return cookies;
}
