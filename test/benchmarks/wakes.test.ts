/** That wake-across measures what it says: readers at another worker than the sender, each for itself. */
import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "../support/http-client.js";
import { benchmark } from "./row.js";

const { figuresOf } = await benchmark("load/wakes.js");
const { alone } = await benchmark("machine/alone.js");
const { startServer } = await benchmark("machine/server-process.js");
const { PEERS } = await benchmark("servers/index.js");
const { withWorkers } = await benchmark("servers/parkbench.js");

describe("the time until a message is there", () => {
  it("is that of every reader, from the send and from its answer, which some are ahead of", () => {
    const wakings = [
      { sentAt: 100, answeredAt: 103, deliveredAt: [102, 104, 109] },
      { sentAt: 1000, answeredAt: 1002, deliveredAt: [1001, 1003, 1030] },
    ];
    expect(figuresOf(wakings)).toEqual({
      fromSendMsP50: 3,
      fromSendMsP99: 30,
      fromAnswerMsP50: 1,
      fromAnswerMsP99: 28,
    });
  });

  it("is no figure where nobody has it", () => {
    expect(figuresOf([{ sentAt: 1, answeredAt: 2, deliveredAt: [] }]).fromSendMsP50).toBeNaN();
  });
});

describe("a worker that is left alone", () => {
  let server: { port: number; pids: number[]; stop(): Promise<void> };
  const agents: Agent[] = [];
  beforeAll(async () => {
    server = await startServer(PEERS.parkbench, withWorkers(2));
  });
  afterAll(async () => {
    for (const agent of agents) agent.destroy();
    await server.stop();
  });

  it("takes all connections of that time, and the others none of them", async () => {
    // Several workers are there before it begins: one that comes later would be neither frozen nor counted.
    const [, one = 0, other = 0, ...more] = server.pids;
    expect(more).toEqual([]);
    const atOne = await alone(server, one, connections);
    const atOther = await alone(server, other, connections);
    process.kill(one, "SIGSTOP");
    let answered = 0;
    const asked = atOne.map(async (ask: () => Promise<void>) => {
      await ask();
      answered += 1;
    });
    try {
      await Promise.all(atOther.map((ask: () => Promise<void>) => ask()));
      expect(answered).toBe(0);
    } finally {
      process.kill(one, "SIGCONT");
    }
    await Promise.all(asked);
    expect(answered).toBe(8);
  });

  it("is one of the server's workers, or nothing is frozen", async () => {
    const [primary] = server.pids;
    await expect(alone(server, primary, connections)).rejects.toThrow("no worker");
    await Promise.all((await connections()).map((ask) => ask()));
  });

  /** Eight kept connections, each with what asks over it. */
  function connections(): Promise<(() => Promise<void>)[]> {
    return Promise.all(
      Array.from({ length: 8 }, async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        agents.push(agent);
        const ask = async () => {
          const { status } = await call(`http://127.0.0.1:${server.port}/healthz`, { agent });
          expect(status).toBe(200);
        };
        await ask();
        return ask;
      }),
    );
  }
});
