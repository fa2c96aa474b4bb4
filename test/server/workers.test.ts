/** WORKERS: several processes behind one port and one log, that come and go without a client losing anything. */
import { expect } from "vitest";
import { call, idOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { nowMs, parkPolls } from "../support/parked.js";
import { childrenOf } from "../support/process-group.js";
import type { ServerProcess } from "../support/server.js";
import { until } from "../support/until.js";

const ROWS = 20;
const env = { WORKERS: "2" };

const send = (url: string, text: string) =>
  call(`${url}/send`, { form: { name: "Ana", text, nonce: text.replace(" ", "-") } });
const workersOf = ({ child }: ServerProcess) => childrenOf(child.pid ?? 0);

test("a row sent through one worker wakes the readers at all of them, within moments", async ({ start }) => {
  const server = await start({ env });
  expect(server.output()).toContain("with 2 workers");
  expect(workersOf(server)).toHaveLength(2);
  const lags: number[] = [];
  for (let n = 0; n < ROWS; n++) {
    // A connection each, which the workers take in turn.
    const polls = await parkPolls(server.url, 4, "wait=45");
    const sent = await send(server.url, `row ${n}`);
    const sentAt = nowMs();
    for (const { answer, answeredAt } of polls) {
      expect(pollBody(await answer).messages).toMatchObject([{ id: idOf(sent), text: `row ${n}` }]);
      lags.push((await answeredAt) - sentAt);
    }
  }
  lags.sort((a, b) => a - b);
  const [median = Number.NaN] = lags.slice(lags.length / 2);
  console.log(
    `workers: from the answer to the wake, median ${median.toFixed(1)} ms, worst ${lags.at(-1)?.toFixed(1)} ms`,
  );
  expect(median).toBeLessThanOrEqual(20);
});

test("a worker that is killed is replaced, and nobody at the others notices", async ({ start }) => {
  const server = await start({ env });
  const before = workersOf(server);
  const polls = await parkPolls(server.url, 6, "wait=45");
  const ends = polls.map(({ answer }) =>
    answer.then(
      (got) => pollBody(got).messages,
      () => "cut off" as const,
    ),
  );
  process.kill(before[0] ?? 0, "SIGKILL");
  await until(() => workersOf(server).filter((pid) => !before.includes(pid)).length === 1, "another worker");
  const sent = await send(server.url, "still-here");
  expect(sent.status).toBe(201);
  const ended = await Promise.all(ends);
  expect(ended.filter((end) => end === "cut off").length).toBe(3);
  const heard = ended.filter((end) => end !== "cut off");
  expect(heard).toHaveLength(3);
  for (const messages of heard) expect(messages).toMatchObject([{ id: idOf(sent) }]);
  expect(server.output()).toContain("a worker ended with SIGKILL; it is replaced");
});

test("SIGHUP replaces them one by one, and no request is lost", async ({ start }) => {
  const server = await start({ env });
  const before = workersOf(server);
  const heard: string[] = [];
  const said: string[] = [];
  let isOver = false;
  let cursor = "0";
  const reading = (async () => {
    while (!isOver || heard.length < said.length) {
      const answer = await call(`${server.url}/poll?since=${cursor}&wait=1`);
      expect(answer.status).toBe(200);
      const { messages, next } = pollBody(answer);
      heard.push(...messages.map(({ text }) => text));
      cursor = next;
    }
  })();
  const writing = (async () => {
    while (!isOver) {
      const answer = await send(server.url, `line ${said.length}`);
      expect(answer.status).toBe(201);
      said.push(`line ${said.length}`);
    }
  })();
  const failed = Promise.all([reading, writing]).then(() => {});
  server.child.kill("SIGHUP");
  await Promise.race([until(() => server.output().includes("all workers are new"), "new workers"), failed]);
  isOver = true;
  await failed;
  expect(workersOf(server).filter((pid) => before.includes(pid))).toEqual([]);
  expect(workersOf(server)).toHaveLength(2);
  expect(said.length).toBeGreaterThan(10);
  expect(heard).toEqual(said);
});

test("SIGTERM ends them all, and whoever waits is answered", async ({ start }) => {
  const server = await start({ env });
  const workers = workersOf(server);
  const polls = await parkPolls(server.url, 4, "wait=45");
  expect(await server.stop()).toBe(0);
  for (const { answer } of polls) expect(pollBody(await answer)).toMatchObject({ messages: [] });
  for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow();
});

test("a start that cannot be is said once, and nothing is left behind", async ({ start, folder }) => {
  await expect(start({ env: { ...env, DATABASE_URL: folder } })).rejects.toThrow(/is a folder/);
});
