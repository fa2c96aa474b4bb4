/** WORKERS: all are rolled over by SIGHUP without a request lost, and end with SIGTERM, SIGINT or their primary. */
import { writeFileSync } from "node:fs";
import { describe, expect, vi } from "vitest";
import { call, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { type ParkedPoll, parkPolls } from "../support/parked.js";
import { openRaw, rawGet, sendParts } from "../support/raw-socket.js";
import { atWorker, comes, talk, workersOf } from "../support/workers.js";

const env = { WORKERS: "2" };

// Three processes start in each, and more: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("SIGHUP", () => {
  test("replaces them one by one, and no request is lost", async ({ start }) => {
    const server = await start({ env });
    const before = workersOf(server);
    const { said, heard, errors, end } = talk(server.url);
    await comes(() => said.size > 10, "sends");
    server.child.kill("SIGHUP");
    await comes(() => server.output().includes("all workers are new"), "new workers");
    await end();
    console.log(`SIGHUP: ${said.size} sends at ${before.length} workers meanwhile, ${errors.length} errors`);
    expect(errors).toEqual([]);
    const rows = [...said].map(([id, text]) => ({ id, text })).sort((a, b) => a.id - b.id);
    for (const got of heard) expect(got).toEqual(rows);
    expect(workersOf(server)).toHaveLength(2);
    expect(workersOf(server).filter((pid) => before.includes(pid))).toEqual([]);
    expect(server.output()).not.toMatch(/"level":[456]0/);
    expect(await server.stop("SIGINT")).toBe(0);
  });

  test("lets a kept connection bring one more send, and a parked poll is answered empty", async ({
    start,
  }) => {
    const server = await start({ env });
    const [one = 0] = workersOf(server);
    const { kept, polls } = await atWorker(server, one, async () => {
      const kept = await openRaw(server.port);
      kept.write(rawGet("/healthz"));
      await kept.until(/"ok"/);
      return { kept, polls: await parkPolls(server.url, 3) };
    });
    server.child.kill("SIGHUP");
    for (const { answer } of polls) {
      const got = await answer;
      expect([got.status, got.headers.connection]).toEqual([200, "close"]);
      expect(pollBody(got)).toMatchObject({ messages: [], retry: expect.any(Number) });
    }
    // Long enough for a connection that is idle to be found so, several times.
    await call(`${server.url}/poll?since=now&wait=1`);
    kept.write(sendParts({ name: "Ana", text: "on an old connection" }).join(""));
    await kept.until(/HTTP\/1\.1 201 Created\r\n(?:.+\r\n)*Connection: close\r\n/);
    await kept.gone;
  });

  test("and SIGTERM in the middle of it: the worker that is going is not cut off", async ({ start }) => {
    const server = await start({ env });
    const kept = await atWorker(server, workersOf(server)[0] ?? 0, () => openRaw(server.port));
    kept.write(rawGet("/healthz"));
    await kept.until(/"ok"/);
    server.child.kill("SIGHUP");
    await comes(() => server.output().includes("another takes its place"), "a worker that goes");
    // By then a second signal would end it at once.
    await call(`${server.url}/poll?since=now&wait=3`);
    const exited = server.stop();
    await comes(() => server.output().includes("stopping: SIGTERM"), "the stop");
    kept.write(sendParts({ name: "Ana", text: "on an old connection" }).join(""));
    await kept.until(/HTTP\/1\.1 201 Created\r\n/);
    expect(await exited).toBe(0);
  });

  test.for([
    ["first", 0],
    ["last", 1],
  ] as const)("while its %s one dies leaves as many as there were", async ([, n], { start }) => {
    const server = await start({ env });
    const before = workersOf(server);
    server.child.kill("SIGHUP");
    await comes(() => server.output().includes("replacing the workers"), "the beginning");
    process.kill(before[n] ?? 0, "SIGKILL");
    await comes(() => server.output().includes("all workers are new"), "new workers");
    await comes(() => workersOf(server).length === 2, "as many as before");
    expect(workersOf(server).filter((pid) => before.includes(pid))).toEqual([]);
  });

  test("with a start that fails leaves the old ones, and one that has died is tried again ever more slowly", async ({
    start,
  }) => {
    const server = await start({ env });
    const [one = 0, other = 0] = workersOf(server);
    writeFileSync(`${server.database}.secret`, "");
    server.child.kill("SIGHUP");
    await comes(() => server.output().includes("the old workers go on"), "the refusal");
    expect(server.output()).toMatch(/as a new one cannot start: The session secret in \S+ is empty/);
    expect(workersOf(server)).toEqual([one, other]);
    process.kill(one, "SIGKILL");
    const pauses = () => [...server.output().matchAll(/"againMs":(\d+)/g)].map(([, ms]) => Number(ms));
    await comes(() => pauses().length === 3, "three tries");
    expect(pauses()).toEqual([200, 400, 800]);
    expect((await call(`${server.url}/healthz`)).status).toBe(200);
    writeFileSync(`${server.database}.secret`, "a secret that somebody has put back");
    await comes(() => workersOf(server).length === 2, "a worker in its place");
  });
});

test("SIGTERM ends them all with code 0, and whoever waits is answered", async ({ start }) => {
  const server = await start({ env });
  const workers = workersOf(server);
  const polls: ParkedPoll[] = [];
  for (const pid of workers) polls.push(...(await atWorker(server, pid, () => parkPolls(server.url, 2))));
  expect(await server.stop()).toBe(0);
  for (const { answer } of polls) expect(pollBody(await answer)).toMatchObject({ messages: [] });
  expect(workers.filter(isAlive)).toEqual([]);
});

test("a second signal, two seconds later, ends them at once", async ({ start }) => {
  const server = await start({ env });
  const unfinished = await openRaw(server.port);
  unfinished.write(sendParts({ name: "Ana", text: "never finished" })[0]);
  await call(`${server.url}/healthz`);
  const from = performance.now();
  const repeat = setInterval(() => server.child.kill("SIGTERM"), 50);
  expect(await server.exited).toBe(1);
  clearInterval(repeat);
  expect(performance.now() - from).toBeLessThan(6_000);
});

test("a primary that is killed takes them with it, and another start goes on where it was", async ({
  start,
}) => {
  const server = await start({ env });
  const workers = workersOf(server);
  await call(`${server.url}/send`, { form: { name: "Ana", text: "before" } });
  const polls = await parkPolls(server.url, 4);
  expect(await server.stop("SIGKILL")).toBe("SIGKILL");
  for (const { answer } of polls) await expect(answer).rejects.toThrow();
  await comes(() => !workers.some(isAlive), "their end");
  const again = await start({ env, port: server.port });
  expect(pollBody(await call(`${again.url}/poll`)).messages).toMatchObject([{ text: "before" }]);
});
