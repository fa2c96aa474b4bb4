/** PostgreSQL that answers late or not at all: what waits is bounded, refused with when to come back, and never doubled. */
import pg from "pg";
import { afterAll, describe, expect } from "vitest";
import { expectRefused, openScene, readOld, SECRET, untilReady } from "../support/fault-scene.js";
import { call, codeOf } from "../support/http-client.js";
import { type Start, test } from "../support/own-server.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { startTcpProxy, type TcpProxy, through } from "../support/tcp-proxy.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";

const foreigners: pg.Client[] = [];
const proxies: TcpProxy[] = [];

/** Another program, with a connection of its own. */
async function foreigner(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  foreigners.push(client);
  return client;
}

async function proxied(url: string): Promise<{ proxy: TcpProxy; url: string }> {
  const proxy = await startTcpProxy(Number(new URL(url).port));
  proxies.push(proxy);
  return { proxy, url: through(proxy, url) };
}

async function timed<T>(job: () => Promise<T>): Promise<{ got: T; tookMs: number }> {
  const startedAt = performance.now();
  return { got: await job(), tookMs: performance.now() - startedAt };
}

const env = (url: string) => ({ DATABASE_URL: url, SESSION_SECRET: SECRET });

/** A scene, and another program beside it. */
async function begun(start: Start) {
  const database = await freshDatabase();
  const scene = await openScene(await start({ env: env(database) }));
  return { database, scene, other: await foreigner(database) };
}

describe.skipIf(!tools.postgres)("with a PostgreSQL server", { timeout: 60_000 }, () => {
  afterAll(async () => {
    await Promise.all([
      ...foreigners.map((client) => client.end()),
      ...proxies.map((proxy) => proxy.close()),
    ]);
  });

  test.concurrent("that says nothing any more on the connections there are: one wait finds it for all of them", async ({
    start,
  }) => {
    const database = await freshDatabase();
    const { proxy, url } = await proxied(database);
    const scene = await openScene(await start({ env: env(url) }));
    const other = await foreigner(database);
    // So that there are several, all of which will be dead: none is free again before the others are there.
    await other.query("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    const reading = Array.from({ length: 8 }, () => readOld(scene.server));
    await until(() => proxy.connections() > 8, "connections");
    await other.query("ROLLBACK");
    await Promise.all(reading);
    expect((await scene.send()).status).toBe(201);
    proxy.fallSilent();
    proxy.speak();
    // Whoever comes first waits for the answer that never comes; nobody after that.
    const { tookMs } = await timed(() => scene.recovers());
    console.log(`half-open: sends are taken again after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(9000);
    const again = await timed(() =>
      Promise.all([scene.send(), readOld(scene.server), readOld(scene.server)]),
    );
    for (const { status } of again.got) expect(status).toBeLessThan(300);
    expect(again.tookMs).toBeLessThan(3000);
    // The connection that listens is dead as well, and not found out yet.
    await other.query("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', 'by psql')");
    const polled = await timed(() =>
      until(() => scene.polled.includes("by psql"), "the row of another program"),
    );
    expect(polled.tookMs).toBeLessThan(3000);
    await scene.leave();
  });

  test.concurrent.for([
    ["answered", 1, 200],
    ["asked", 0, 201],
  ] as const)(
    "whose connection is cut when a send is %s: not acknowledged, %i rows are there, and the retry makes it one",
    async ([when, rows, status], { start, expect }) => {
      const database = await freshDatabase();
      const { proxy, url } = await proxied(database);
      const scene = await openScene(await start({ env: env(url) }));
      const nonce = "one-and-the-same";
      proxy.strike = { statement: /parkbench_append/, when };
      const cut = await scene.send("once", nonce);
      expectRefused(cut);
      expect(codeOf(cut)).toBe("storage_failed");
      const other = await foreigner(database);
      expect((await other.query("SELECT id FROM messages WHERE text = 'once'")).rowCount).toBe(rows);
      // Nobody rings for it but who was cut off.
      if (rows === 1)
        await until(() => scene.polled.includes("once"), "the row whose sender does not know of it");
      expect((await scene.send("once", nonce)).status).toBe(status);
      await scene.end(database);
    },
  );

  test.concurrent("whose lock somebody holds: a send waits two seconds and is not stored, reading goes on", async ({
    start,
  }) => {
    const { database, scene, other } = await begun(start);
    await other.query("BEGIN; SELECT pg_advisory_xact_lock(7275626, 1)");
    const { got, tookMs } = await timed(() => Promise.all([scene.send(), scene.send(), scene.send()]));
    for (const answer of got) {
      expectRefused(answer);
      expect(codeOf(answer)).toBe("storage_busy");
    }
    expect(tookMs).toBeGreaterThan(1500);
    expect(tookMs).toBeLessThan(9000);
    expect((await readOld(scene.server)).status).toBe(200);
    expect((await call(`${scene.server.url}/healthz`)).status).toBe(200);
    await other.query("ROLLBACK");
    await scene.recovers();
    await scene.end(database);
  });

  test.concurrent("whose table somebody has locked: reads are refused after two seconds and leave nothing behind", async ({
    start,
  }) => {
    const { database, scene, other } = await begun(start);
    await other.query("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    // More than there are connections.
    const { got, tookMs } = await timed(() =>
      Promise.all(Array.from({ length: 15 }, () => readOld(scene.server))),
    );
    for (const answer of got) expectRefused(answer);
    expect(tookMs).toBeLessThan(9500);
    const { rows } = await other.query<{ waiting: number }>(
      "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    // The tail's own look tries again, and so do the poll, the stream and the WebSocket of the scene.
    expect(rows[0]?.waiting).toBeLessThanOrEqual(4);
    expectRefused(await scene.send());
    await other.query("ROLLBACK");
    await scene.recovers();
    await scene.end(database);
  });

  test.concurrent("that ends long statements by itself: its own limit holds, and the send says busy", async ({
    start,
  }) => {
    const database = await freshDatabase();
    const other = await foreigner(database);
    await other.query(
      `ALTER DATABASE ${new URL(database).pathname.slice(1)} SET statement_timeout = '300ms'`,
    );
    const scene = await openScene(await start({ env: env(database) }));
    await other.query("SELECT pg_advisory_lock(7275626, 1)");
    const { got, tookMs } = await timed(() => scene.send());
    expectRefused(got);
    expect(codeOf(got)).toBe("storage_busy");
    expect(tookMs).toBeLessThan(1800);
    await other.query("SELECT pg_advisory_unlock(7275626, 1)");
    await scene.recovers();
    await scene.end(database);
  });

  test.concurrent("that has no more connections for us: who finds none is refused, the others go on", async ({
    start,
  }) => {
    const database = await freshDatabase();
    const other = await foreigner(database);
    const role = `limited_${new URL(database).pathname.slice(-8)}`;
    await other.query(
      `CREATE ROLE ${role} LOGIN CONNECTION LIMIT 4; GRANT CREATE, USAGE ON SCHEMA public TO ${role}`,
    );
    const scene = await openScene(
      await start({ env: env(Object.assign(new URL(database), { username: role }).href) }),
    );
    expect((await scene.send()).status).toBe(201);
    // Those who have a connection keep it for as long as the lock is held.
    await other.query("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    const reading = Array.from({ length: 12 }, () => readOld(scene.server));
    await Promise.race(reading);
    await other.query("ROLLBACK");
    const reads = await Promise.all(reading);
    const refused = reads.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(reads.length);
    for (const answer of refused) {
      expectRefused(answer);
      expect(codeOf(answer)).toBe("storage_busy");
    }
    await scene.recovers();
    await untilReady(scene.server, 200);
    await scene.end(database);
  });
});
