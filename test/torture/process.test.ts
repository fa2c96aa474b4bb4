/** A tortured process: what it does of its own accord is trouble, what is done to it is not. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, vi } from "vitest";
import { call } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import { seeded } from "../support/random.js";
import { sqliteFile } from "./database-sqlite.js";
import { TortureProcess } from "./process.js";

const SERVER = fileURLToPath(new URL("../../dist/server.js", import.meta.url));

/** Several starts, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 });

const troubles: string[] = [];
const acts = { kill: 0, killAll: 0, killStarting: 0, stop: 0, freeze: 0, cut: 0 };
let one: TortureProcess | null = null;

/** With some lines of script run before the server. */
async function start(folder: string, script = "", workers = 1): Promise<TortureProcess> {
  troubles.length = 0;
  const command = [
    process.execPath,
    "--import",
    `data:text/javascript,${encodeURIComponent(script)}`,
    SERVER,
  ] as const;
  const onTrouble = (text: string) => void troubles.push(text);
  const random = { ...seeded(1), oneIn: () => false };
  const hopOneIn = Number.MAX_SAFE_INTEGER;
  const database = sqliteFile(folder);
  one = await TortureProcess.start({
    name: "process 1",
    folder,
    database,
    workers,
    command,
    acts,
    onTrouble,
    random,
    hopOneIn,
  });
  return one;
}

afterEach(() => one?.destroy());

test("that is killed, stopped and frozen is back each time, and is no trouble", async ({ folder }) => {
  const tortured = await start(folder);
  for (const act of [
    () => tortured.kill(0),
    () => tortured.stop(0, null),
    () => tortured.freeze(50, false, 0),
    () => tortured.freeze(50, true, 0),
  ]) {
    act();
    await tortured.ready();
    expect((await call(`${tortured.hop.url}/healthz`)).status).toBe(200);
  }
  await tortured.end();
  expect(troubles).toEqual([]);
  expect(acts).toMatchObject({ kill: 2, stop: 1, freeze: 2 });
});

test("that ends by itself is trouble", async ({ folder }) => {
  const sign = JSON.stringify(join(folder, "end"));
  await start(
    folder,
    `import { existsSync } from "node:fs"; setInterval(() => existsSync(${sign}) && process.exit(3), 20)`,
  );
  expect(troubles).toEqual([]);
  writeFileSync(join(folder, "end"), "");
  await vi.waitFor(
    () => expect(troubles).toEqual([expect.stringContaining("ended by itself with 3")]),
    15_000,
  );
});

test("that ends with another code than 0 on SIGTERM is trouble", async ({ folder }) => {
  const tortured = await start(folder, "process.on('exit',()=>{process.exitCode=5})");
  await tortured.end();
  expect(troubles).toEqual([expect.stringContaining("ended with 5 at last")]);
});

test("that logs an error is trouble", async ({ folder }) => {
  const tortured = await start(folder, `process.stdout.write('{"level":50,"msg":"no"}\\n')`);
  await tortured.end();
  await vi.waitFor(() => expect(troubles).toEqual([expect.stringContaining("logged an error")]));
});

test("that finds rows which no ring has told of is trouble", async ({ folder }) => {
  const messages = new URL("../../dist/store/messages-sqlite.js", import.meta.url).href;
  const tortured = await start(
    folder,
    `const { SqliteMessageLog: { prototype } } = await import("${messages}"); prototype.onChange = () => () => {}`,
  );
  const [poll] = await parkPolls(tortured.url, 1);
  await call(`${tortured.url}/send`, { form: { name: "Ana", text: "heard or not" } });
  expect((await poll?.answer)?.text).toContain("heard or not");
  await tortured.end();
  await vi.waitFor(() => expect(troubles).toEqual([expect.stringContaining("no ring had told of")]));
});

test("whose workers are killed and rolled over is no trouble, and has new ones", async ({ folder }) => {
  const tortured = await start(folder, "", 2);
  expect(tortured.killWorker()).toBe(true);
  // Until then one is missing.
  await vi.waitFor(() => expect(tortured.killWorker()).toBe(true), 30_000);
  tortured.roll(null, 0);
  await tortured.ready();
  // Both old ones may have been killed, and a new one need not listen yet.
  const health = () => call(`${tortured.hop.url}/healthz`);
  await vi.waitFor(async () => expect((await health()).status).toBe(200), 30_000);
  tortured.kill(0);
  await tortured.ready();
  await tortured.end();
  expect(troubles).toEqual([]);
});

test("whose worker ends by itself is trouble", async ({ folder }) => {
  const sign = JSON.stringify(join(folder, "end"));
  const tortured = await start(
    folder,
    `import cluster from "node:cluster"; import { existsSync, rmSync } from "node:fs";
    if (cluster.isWorker) setInterval(() => existsSync(${sign}) && (rmSync(${sign}), process.exit(3)), 20)`,
    2,
  );
  writeFileSync(join(folder, "end"), "");
  await vi.waitFor(() => expect(existsSync(join(folder, "end"))).toBe(false), 15_000);
  await tortured.end();
  await vi.waitFor(() => expect(troubles).toEqual([expect.stringContaining("a worker ended with 3")]));
});
