/** WORKERS: several processes behind one port and one log: one wakes the readers at another, and one that dies is replaced. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, onTestFinished, vi } from "vitest";
import { failedStart } from "../support/failed-start.js";
import { freePort } from "../support/free-port.js";
import { makeRoom } from "../support/guest.js";
import { call, idOf, pollBody } from "../support/http-client.js";
import { type Start, test } from "../support/own-server.js";
import { nowMs, parkPolls } from "../support/parked.js";
import { childrenOf } from "../support/process-group.js";
import { openRaw, rawGet } from "../support/raw-socket.js";
import type { ServerProcess } from "../support/server.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
import { atWorker, comes, talk, workersOf } from "../support/workers.js";

const ROWS = 20;
const env = { WORKERS: "2" };

// Three processes start in each, and more: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

async function startTwo(start: Start, more: Readonly<Record<string, string>> = {}) {
  const server = await start({ env: { ...env, ...more } });
  const [one = 0, other = 0] = workersOf(server);
  return { server, one, other };
}

/** An agent whose one connection is this worker's. */
async function agentAt(server: ServerProcess, pid: number): Promise<Agent> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  await atWorker(server, pid, () => call(`${server.url}/healthz`, { agent }));
  return agent;
}

async function wakesAcross(server: ServerProcess, here: number, there: number): Promise<void> {
  const [reads, writes] = [await agentAt(server, here), await agentAt(server, there)];
  const lags: number[] = [];
  for (let n = 0; n < ROWS; n++) {
    const [poll] = await parkPolls(server.url, 1, "wait=45", { agent: reads });
    const sent = await call(`${server.url}/send`, { form: { name: "Ana", text: `row ${n}` }, agent: writes });
    const sentAt = nowMs();
    expect(poll && pollBody(await poll.answer).messages).toMatchObject([
      { id: idOf(sent), text: `row ${n}` },
    ]);
    lags.push(((await poll?.answeredAt) ?? Number.NaN) - sentAt);
  }
  lags.sort((a, b) => a - b);
  const [median = Number.NaN] = lags.slice(lags.length / 2);
  console.log(
    `another worker: from the answer to the wake, median ${median.toFixed(1)} ms, worst ${lags.at(-1)?.toFixed(1)} ms`,
  );
  expect(median).toBeLessThanOrEqual(20);
}

describe("a row sent through one worker", () => {
  test("wakes the reader at another, within moments, and none in another room", async ({ start }) => {
    const { server, one, other } = await startTwo(start);
    expect(server.output()).toContain("with 2 workers");
    expect(workersOf(server)).toHaveLength(2);
    await wakesAcross(server, one, other);
    await makeRoom(server.url, "Ana", "annex", "Annex");
    const [lobby] = await atWorker(server, one, () => parkPolls(server.url, 1, "wait=45&room=lobby"));
    await atWorker(server, other, async () => {
      await call(`${server.url}/send`, { form: { name: "Bob", room: "annex", text: "for the annex" } });
      await call(`${server.url}/send`, { form: { name: "Bob", room: "lobby", text: "for the lobby" } });
    });
    // Were it woken by the row in the annex, its answer would lack this one.
    expect(lobby && pollBody(await lobby.answer).messages).toMatchObject([{ text: "for the lobby" }]);
    for (const pid of [one, other])
      await atWorker(server, pid, async () => {
        expect((await call(`${server.url}/healthz`)).status).toBe(200);
        expect((await call(`${server.url}/readyz`)).status).toBe(200);
      });
  });

  test.skipIf(tools.postgres === null)("wakes it on PostgreSQL as well", async ({ start }) => {
    const SESSION_SECRET = "a secret for all of them";
    const { server, one, other } = await startTwo(start, {
      DATABASE_URL: await freshDatabase(),
      SESSION_SECRET,
    });
    await wakesAcross(server, one, other);
  });
});

describe("a worker that is killed", () => {
  test("is replaced, and nobody at the others notices", async ({ start }) => {
    const { server, one, other } = await startTwo(start);
    const lost = await atWorker(server, one, () => parkPolls(server.url, 3));
    const kept = await atWorker(server, other, () => parkPolls(server.url, 3));
    process.kill(one, "SIGKILL");
    for (const { answer } of lost) await expect(answer).rejects.toThrow();
    const sent = await call(`${server.url}/send`, { form: { name: "Ana", text: "still here" } });
    for (const { answer } of kept)
      expect(pollBody(await answer).messages).toMatchObject([{ id: idOf(sent), text: "still here" }]);
    await comes(() => workersOf(server).length === 2, "another worker");
    expect(workersOf(server)).toContain(other);
    expect(server.output()).toContain("a worker ended with SIGKILL; it is replaced");
  });

  test("leaves no connection that is neither answered nor closed", async ({ start }) => {
    const { server, one } = await startTwo(start);
    process.kill(one, "SIGSTOP");
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openRaw(server.port)));
    for (const socket of sockets) socket.write(rawGet("/healthz", "Connection: close"));
    process.kill(one, "SIGKILL");
    await Promise.all(sockets.map(({ gone }) => gone));
    for (const socket of sockets) expect(socket.received()).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("costs whoever was there a reconnect: nothing is lost or doubled", async ({ start }) => {
    const { server } = await startTwo(start);
    const { said, heard, errors, end } = talk(server.url);
    for (let n = 0; n < 2; n++) {
      const before = workersOf(server);
      await comes(() => said.size > 20 * (n + 1), "sends");
      process.kill(before[n] ?? 0, "SIGKILL");
      await comes(() => workersOf(server).some((pid) => !before.includes(pid)), "another worker");
    }
    await end();
    console.log(`2 workers killed among ${said.size} sends: ${errors.length} requests were cut off`);
    expect(errors.filter((error) => !/ECONNRESET|EPIPE/.test(error))).toEqual([]);
    const rows = [...said].map(([id, text]) => ({ id, text })).sort((a, b) => a.id - b.id);
    for (const got of heard) expect(got).toEqual(rows);
  });
});

test("a log that cannot be written, as its disk is full, keeps nobody from an answer, nor a worker from its successor", async ({
  folder,
}) => {
  const PORT = String(await freePort());
  const child = spawn(process.execPath, ["dist/server.js"], {
    env: { ...process.env, ...env, PORT, DATABASE_URL: `${folder}/parkbench.db` },
    stdio: ["ignore", openSync("/dev/full", "w"), "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const workers = () => childrenOf(child.pid ?? 0);
  const answers = () =>
    call(`http://127.0.0.1:${PORT}/healthz`).then(
      ({ status }) => status,
      () => null,
    );
  await expect.poll(answers, { timeout: 40_000 }).toBe(200);
  await comes(() => workers().length === 2, "both workers");
  const before = workers();
  process.kill(before[0] ?? 0, "SIGKILL");
  await comes(() => workers().filter((pid) => !before.includes(pid)).length === 1, "another worker");
  await expect.poll(answers, { timeout: 40_000 }).toBe(200);
  // Said in lines that are fatal.
  rmSync(`${folder}/parkbench.db`);
  expect(await once(child, "exit")).toEqual([1, null]);
  await expect.poll(answers, { timeout: 40_000 }).toBe(null);
});

describe("the start", () => {
  test("that cannot be is said once, and nothing is left behind", async ({ folder }) => {
    const { code, stderr } = await failedStart({ ...env, DATABASE_URL: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Parkbench cannot start:\n {2}.* is a folder.*\n$/);
  });

  test("at a port that is taken says so", async ({ folder }) => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const PORT = String((other.address() as AddressInfo).port);
    const { code, stderr } = await failedStart({ ...env, DATABASE_URL: `${folder}/parkbench.db`, PORT });
    expect(stderr).toMatch(
      new RegExp(`^Parkbench cannot start:\\n {2}Port ${PORT} on 127.0.0.1 is taken\\..*\\n$`),
    );
    expect(code).toBe(1);
  });

  test("is not tried again at a database file that is gone: all end", async ({ start }) => {
    const { server } = await startTwo(start);
    rmSync(server.database);
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain("stopping: the database is lost");
    expect(server.output()).not.toContain("it is replaced");
  });
});
