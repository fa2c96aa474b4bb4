/** PostgreSQL goes away and comes back: sends are refused and said to be, whoever waits stays, nothing is lost or doubled. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { failedStart } from "../support/failed-start.js";
import {
  expectRefused,
  type FaultScene,
  openScene,
  readOld,
  SECRET,
  untilReady,
} from "../support/fault-scene.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { test as ownTest } from "../support/own-server.js";
import { type Cluster, startCluster } from "../support/postgres.js";
import { tools } from "../support/tools.js";

const NO_LIMITS = { LIMIT_SIGNINS_PER_ADDRESS: "0", LIMIT_SENDS_PER_ADDRESS: "0" };
let cluster: Cluster;

const test = ownTest.extend<{ readonly database: string; readonly scene: FaultScene }>({
  // biome-ignore lint/correctness/noEmptyPattern: from this pattern vitest reads what a fixture needs
  database: async ({}, use) => use(await cluster.database()),
  scene: async ({ start, database }, use) =>
    use(
      await openScene(await start({ env: { DATABASE_URL: database, SESSION_SECRET: SECRET, ...NO_LIMITS } })),
    ),
});

describe.skipIf(!tools.postgres)("a PostgreSQL server", { timeout: 60_000 }, () => {
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.stop());

  test.for([
    ["is restarted in order", () => cluster.shutDown()],
    ["crashes", () => cluster.crash()],
  ] as const)(
    "that %s: refused while it is away, and everything goes on by itself",
    async ([, goAway], { scene, database }) => {
      const { server } = scene;
      for (let n = 0; n < 3; n++) expect((await scene.send()).status).toBe(201);
      const underWay = Array.from({ length: 20 }, () => scene.send());
      await goAway();
      await Promise.all(underWay);
      expectRefused(await scene.send("refused"));
      expectRefused(await readOld(server));
      await untilReady(server, 503);
      expect((await call(`${server.url}/healthz`)).status).toBe(200);
      await cluster.start();
      console.log(`restart: sends are taken again after ${Math.round(await scene.recovers())} ms`);
      await untilReady(server, 200);
      expect((await readOld(server)).status).toBe(200);
      await scene.end(database);
    },
  );

  test("that cuts all connections: at most what was under way is refused", async ({ scene, database }) => {
    const foreign = new pg.Client({ connectionString: database });
    foreign.on("error", () => {}); // When the test has failed, the server goes first.
    await foreign.connect();
    let isOver = false;
    const sending = (async () => {
      while (!isOver) await scene.send();
    })();
    // These are transactions of several statements: the cut may come between two of them.
    const signIns: Answer[] = [];
    const signingIn = Array.from({ length: 4 }, async (_, n) => {
      while (!isOver)
        signIns.push(await call(`${scene.server.url}/session`, { form: { name: `${n} ${signIns.length}` } }));
    });
    for (let cuts = 0; cuts < 5; cuts++) {
      const before = scene.answers.length;
      const { rowCount } = await foreign.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
      expect(rowCount).toBeGreaterThan(1);
      await expect
        .poll(() => scene.answers.length, { interval: 5, timeout: 10_000 })
        .toBeGreaterThan(before + 5);
    }
    isOver = true;
    await Promise.all([sending, ...signingIn]);
    for (const answer of signIns) if (answer.status !== 201) expectRefused(answer);
    expect(signIns.filter(({ status }) => status === 201).length).toBeGreaterThan(20);
    await scene.recovers();
    const refused = scene.answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeLessThanOrEqual(5);
    await foreign.end();
    await scene.end(database);
  });

  test("with a password that is not ours, or none: a start says so, and never shows it", async ({
    database,
  }) => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    await client.query("CREATE ROLE locked LOGIN PASSWORD 'right'");
    const rules = join(cluster.folder, "data", "pg_hba.conf");
    writeFileSync(rules, `host all locked 127.0.0.1/32 scram-sha-256\n${readFileSync(rules, "utf8")}`);
    await client.query("SELECT pg_reload_conf()");
    await client.end();
    const url = Object.assign(new URL(database), { username: "locked", password: "wrong" });
    const { code, stderr } = await failedStart({ DATABASE_URL: url.href, SESSION_SECRET: SECRET });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Parkbench cannot start:\n {2}PostgreSQL at .* refuses the user or the password/);
    expect(stderr).not.toMatch(/wrong| {4}at /);
    url.password = "";
    const env = { DATABASE_URL: url.href, SESSION_SECRET: SECRET, PGPASSFILE: "/no/such/file" };
    expect((await failedStart(env)).stderr).toMatch(/wants a password\. Put it into the address, PGPASSWORD/);
  });

  test("whose database is dropped: refused, and the process lives", async ({ scene, database }) => {
    expect((await scene.send()).status).toBe(201);
    const other = new pg.Client({ connectionString: await cluster.database() });
    await other.connect();
    await other.query(`DROP DATABASE ${new URL(database).pathname.slice(1)} WITH (FORCE)`);
    await other.end();
    const answer = await scene.send();
    expectRefused(answer);
    expect(codeOf(answer)).toBe("storage_failed");
    expectRefused(await readOld(scene.server));
    await untilReady(scene.server, 503);
    expect((await call(`${scene.server.url}/healthz`)).status).toBe(200);
    await scene.leave();
    expect(await scene.server.stop()).toBe(0);
  });
});
