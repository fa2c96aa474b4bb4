/** WORKERS: what several processes share: the write lock, fairly, and one metrics port that adds up what all have counted. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, vi } from "vitest";
import { parseExposition } from "../support/exposition.js";
import { failedStart } from "../support/failed-start.js";
import { call, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import type { ServerProcess } from "../support/server.js";
import { atWorker, comes, workersOf } from "../support/workers.js";

const SENDS = 200;
const AT_ONCE = 4;
const env = { WORKERS: "2" };

vi.setConfig({ testTimeout: 60_000 });

/** Sends over connections that this worker has, and tells of each that was acknowledged how long it took, in ms. */
async function senderAt(
  server: ServerProcess,
  pid: number,
  hear: (ms: number) => void,
): Promise<() => Promise<void>> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  onTestFinished(() => agent.destroy());
  await atWorker(server, pid, () =>
    Promise.all(Array.from({ length: AT_ONCE }, () => call(`${server.url}/healthz`, { agent }))),
  );
  return async () => {
    let n = 0;
    const one = async () => {
      while (n < SENDS) {
        const from = performance.now();
        const form = { name: `At ${pid}`, text: `row ${n++} at ${pid}` };
        const { status } = await call(`${server.url}/send`, { form, agent });
        expect(status).toBe(201);
        hear(performance.now() - from);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  };
}

test("two that write as fast as they can get through both, neither at the other's cost", async ({
  start,
}) => {
  const server = await start({ env });
  const taken: number[][] = [];
  const senders = [];
  for (const pid of workersOf(server)) {
    const ms: number[] = [];
    taken.push(ms);
    senders.push(await senderAt(server, pid, (took) => ms.push(took)));
  }
  let shares: readonly number[] = [];
  await Promise.all(
    senders.map(async (send) => {
      await send();
      if (shares.length === 0) shares = taken.map(({ length }) => length);
    }),
  );
  const worst = Math.max(...taken.flat());
  console.log(
    `2 workers, ${SENDS} sends at each: ${shares.join(" and ")} when the first was through, the longest took ${Math.round(worst)} ms`,
  );
  expect(taken.map(({ length }) => length)).toEqual([SENDS, SENDS]);
  expect(Math.min(...shares)).toBeGreaterThan(SENDS / 5);
  expect(worst).toBeLessThan(2_000);
  const { messages } = pollBody(await call(`${server.url}/poll?since=0&limit=500`));
  expect(new Set(messages.map(({ text }) => text)).size).toBe(2 * SENDS);
});

test("a write lock that another program holds freezes neither, and what is sent meanwhile is stored after it", async ({
  start,
}) => {
  const server = await start({ env });
  const db = new Database(server.database);
  onTestFinished(() => void db.close());
  const agents: Agent[] = [];
  for (const pid of workersOf(server)) {
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    onTestFinished(() => agent.destroy());
    agents.push(agent);
    await atWorker(server, pid, () =>
      Promise.all([1, 2].map(() => call(`${server.url}/healthz`, { agent }))),
    );
  }
  db.exec("BEGIN IMMEDIATE");
  const sends = agents.map((agent, n) =>
    call(`${server.url}/send`, { form: { name: "Ana", text: `behind the lock ${n}` }, agent }),
  );
  const from = performance.now();
  for (const agent of agents)
    for (let n = 0; n < 3; n++) expect((await call(`${server.url}/healthz`, { agent })).status).toBe(200);
  expect(performance.now() - from).toBeLessThan(1_500);
  db.exec("COMMIT");
  for (const sent of await Promise.all(sends)) expect(sent.status).toBe(201);
});

describe("the metrics port", () => {
  async function scrape(server: ServerProcess): Promise<ReadonlyMap<string, number>> {
    const [, url = ""] = /metrics are at (http:\S+)"/.exec(server.output()) ?? [];
    const families = parseExposition((await call(url)).text);
    return new Map([...families.values()].flatMap(({ samples }) => [...samples]));
  }
  const APPENDED = 'parkbench_appended_messages_total{by="self"}';
  const WAKES = "parkbench_wake_latency_seconds_count";

  test("adds up what all workers count, and forgets nothing when one is replaced", async ({ start }) => {
    const server = await start({ env: { ...env, METRICS_PORT: "0" } });
    expect(server.output().match(/metrics are at/g)).toHaveLength(1);
    const workers = workersOf(server);
    for (const pid of workers)
      await atWorker(server, pid, () =>
        call(`${server.url}/send`, { form: { name: "Ana", text: "one more" } }),
      );
    const polls = [];
    for (const pid of workers) polls.push(...(await atWorker(server, pid, () => parkPolls(server.url, 3))));
    const parked = await scrape(server);
    expect(parked.get("parkbench_parked_readers")).toBe(6);
    expect(parked.get(APPENDED)).toBe(2);
    await call(`${server.url}/send`, { form: { name: "Ana", text: "to all" } });
    await Promise.all(polls.map(({ answer }) => answer));
    const woken = await scrape(server);
    expect(woken.get('parkbench_delivered_messages_total{transport="poll"}')).toBe(6);
    expect(woken.get(APPENDED)).toBe(3);
    expect(woken.get(WAKES)).toBe(2);
    expect(woken.get("parkbench_parked_readers")).toBe(0);
    expect(woken.has('parkbench_event_loop_delay_seconds{quantile="1"}')).toBe(true);
    // What has been scraped, of one that is killed; everything, of one that is asked to go.
    process.kill(workers[0] ?? 0, "SIGKILL");
    await comes(() => workersOf(server).some((pid) => !workers.includes(pid)), "another worker");
    await call(`${server.url}/send`, { form: { name: "Ana", text: "never scraped before" } });
    server.child.kill("SIGHUP");
    await comes(() => server.output().includes("all workers are new"), "new workers");
    const rolled = await scrape(server);
    expect(rolled.get(APPENDED)).toBe(4);
    expect(rolled.get('parkbench_delivered_messages_total{transport="poll"}')).toBe(6);
    expect(rolled.get(WAKES)).toBe(2);
    expect(rolled.get("parkbench_parked_readers")).toBe(0);
  });

  test("that is taken is said once, before anybody is served", async ({ folder }) => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const METRICS_PORT = String((other.address() as AddressInfo).port);
    const DATABASE_URL = `${folder}/parkbench.db`;
    const { code, stdout, stderr } = await failedStart({ ...env, METRICS_PORT, DATABASE_URL });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^Parkbench cannot start:\n {2}METRICS_PORT \d+ on 127\.0\.0\.1 is taken\..*\n$/);
    expect(existsSync(DATABASE_URL)).toBe(false);
  });
});
