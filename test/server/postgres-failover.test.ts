/** Another PostgreSQL server takes over at the same address: nothing is taken or read before it has, and nothing is lost. */
import { afterAll, describe, expect } from "vitest";
import { ask } from "../support/ask.js";
import { expectRefused, openScene, readOld, SECRET, untilReady } from "../support/fault-scene.js";
import { call, codeOf } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { startCluster, startStandby } from "../support/postgres.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { startTcpProxy, through } from "../support/tcp-proxy.js";
import { tools } from "../support/tools.js";

const ends: (() => Promise<unknown>)[] = [];

describe.skipIf(!tools.postgres)("a failover", { timeout: 60_000 }, () => {
  afterAll(async () => {
    for (const end of ends) await end();
  });

  test.concurrent("to a server that stands by at first: sends and reads are refused until it is in charge", async ({
    start,
  }) => {
    const primary = await startCluster();
    ends.push(primary.stop);
    const database = await primary.database();
    const standby = await startStandby(primary);
    ends.push(standby.stop);
    // An acknowledged row is on both.
    await ask(database, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()");
    const proxy = await startTcpProxy(primary.port);
    ends.push(proxy.close);
    const scene = await openScene(
      await start({ env: { DATABASE_URL: through(proxy, database), SESSION_SECRET: SECRET } }),
    );
    for (let n = 0; n < 5; n++) expect((await scene.send()).status).toBe(201);

    proxy.target = standby.port;
    await primary.crash();
    expectRefused(await scene.send());
    // It could be read, but may be behind.
    expectRefused(await readOld(scene.server));
    expectRefused(await call(`${scene.server.url}/poll?wait=0`));
    await untilReady(scene.server, 503);

    const promoted = Object.assign(new URL(database), { port: String(standby.port) }).href;
    await ask(
      promoted,
      "SELECT pg_promote()",
      "ALTER SYSTEM RESET synchronous_standby_names",
      "SELECT pg_reload_conf()",
    );
    console.log(
      `failover: sends are taken again ${Math.round(await scene.recovers())} ms after the promotion`,
    );
    await untilReady(scene.server, 200);
    await scene.end(promoted);
  });

  test.concurrent("whose server turns read-only under us: busy, not stored, and sends go on when it is over", async ({
    start,
  }) => {
    const database = await freshDatabase();
    const scene = await openScene(await start({ env: { DATABASE_URL: database, SESSION_SECRET: SECRET } }));
    expect((await scene.send()).status).toBe(201);
    const name = new URL(database).pathname.slice(1);
    const cut =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    await ask(database, `ALTER DATABASE ${name} SET default_transaction_read_only = on`, cut);
    const answer = await scene.send();
    expectRefused(answer);
    // The first may have met a connection that had just been cut.
    for (let n = 0; codeOf(await scene.send()) !== "storage_busy"; n++) expect(n).toBeLessThan(5);
    // A primary can be read: managed databases do this when their disk is full.
    expect((await readOld(scene.server)).status).toBe(200);
    await untilReady(scene.server, 503);
    await ask(database, "SET default_transaction_read_only = off", `ALTER DATABASE ${name} RESET ALL`);
    await scene.recovers();
    await scene.end(database);
  });

  test.concurrent.for(["with readers", "idle"])(
    "to a database of another history: the server (%s) acknowledges nothing more, ends and says why",
    async (who, { start, expect }) => {
      const database = await freshDatabase();
      const server = await start({ env: { DATABASE_URL: database, SESSION_SECRET: SECRET } });
      if (who !== "idle") (await openScene(server)).leave().catch(() => {});
      await ask(database, "UPDATE log SET epoch = 'Other1'");
      expect(await server.exited).toBe(1);
      expect(server.output()).toMatch(/has another log than the one that was opened/);
      // Started anew it is an ordinary one.
      const again = await start({ env: { DATABASE_URL: database, SESSION_SECRET: SECRET } });
      expect((await call(`${again.url}/readyz`)).status).toBe(200);
    },
  );
});
