/** The load's process: commands by name from the driver, one crowd of clients at a time. */
import { Crowd } from "./crowd.js";
import { protocolOf } from "./protocols/index.js";
import { Sender } from "./sender.js";
import { steady } from "./steady.js";
import { wakes } from "./wakes.js";

let crowd = null;
let sender = null;

const COMMANDS = {
  /** For a server that has just started: a sender, and nobody else yet. Readers may be at another server of the same log. */
  async open({ port, readPort = port, protocol, waitS, sessions }) {
    const speech = protocolOf(protocol, { port, waitS, sessions });
    crowd = new Crowd(speech, readPort);
    sender = new Sender(speech, port, crowd);
    await sender.prime();
  },
  /** Clients `from` on, up to `count` of them, are spread over `rooms`. */
  grow: ({ count, rooms }) => crowd.grow(count, rooms),
  /** One message to everybody in `room`; with `held` nobody asks again before all have it. */
  fanOut: (params) => fanOut(params),
  /** Many messages, one after the other, each when everybody in `room` has the one before and has asked again. */
  async fanOuts({ room, messages, gapMs }) {
    const walls = [];
    for (let i = 0; i < messages; i += 1) {
      walls.push((await fanOut({ room })).wallMs);
      await new Promise((done) => setTimeout(done, gapMs));
    }
    walls.sort((a, b) => a - b);
    return { wallMs: walls[walls.length >> 1] };
  },
  /** As many as there is time for, each as soon as everybody in `room` has the one before. */
  async flow({ room, seconds }) {
    const [from, before] = [performance.now(), process.cpuUsage()];
    const tookS = () => (performance.now() - from) / 1000;
    let deliveries = 0;
    do deliveries += (await fanOut({ room })).deliveries;
    while (tookS() < seconds);
    const { user, system } = process.cpuUsage(before);
    return { deliveries, seconds: tookS(), loadCpuUs: user + system };
  },
  steady: (params) => steady(crowd, sender, params),
  wakes: (params) => wakes(crowd, sender, params),
  /** Answers without a message since the last call, and with it whether anything went wrong in between. */
  look: () => crowd.look(),
  close() {
    crowd?.close();
    sender?.close();
    crowd = sender = null;
  },
  async closedLoop(params) {
    const { closedLoop } = await import("./closed-loop.js");
    return closedLoop(params);
  },
};

async function fanOut({ room, held = false }) {
  const before = process.cpuUsage();
  const gone = performance.now();
  const delivered = crowd.expect(room, held);
  const [{ deliveries, doneAt }] = await Promise.all([delivered, sender.send(room)]);
  if (held) crowd.release();
  const { user, system } = process.cpuUsage(before);
  return { deliveries, wallMs: doneAt - gone, loadCpuUs: user + system };
}

process.on("message", async ({ call, name, params }) => {
  try {
    if (!Object.hasOwn(COMMANDS, name)) throw new Error(`The load knows no command "${name}"`);
    process.send({ call, result: (await COMMANDS[name](params)) ?? null });
  } catch (error) {
    process.send({ call, error: error.message });
  }
});
// The driver is gone: nobody wants the load any more.
process.on("disconnect", () => process.exit(0));
