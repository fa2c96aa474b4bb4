/** A start on a PostgreSQL that cannot be used: a clear text without the password, exit code 1, and nothing changed there. */
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { ask } from "../support/ask.js";
import { failedStart } from "../support/failed-start.js";
import { SECRET } from "../support/fault-scene.js";
import { freePort } from "../support/free-port.js";
import { startServer } from "../support/server.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

/** Starts, and gives what it said below the heading. */
async function mistakes(url: string): Promise<string> {
  const withPassword = Object.assign(new URL(url), { password: "hunter2" }).href;
  const { code, stderr } = await failedStart({ DATABASE_URL: withPassword, SESSION_SECRET: SECRET });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^Parkbench cannot start:\n( {2}\S.*\n)+$/);
  expect(stderr).not.toMatch(/hunter2| {4}at |node:internal/);
  return stderr;
}

const TABLES = "SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'";

describe.skipIf(!tools.postgres)("a start on PostgreSQL", { timeout: 60_000 }, () => {
  test.concurrent("that is not there", async () => {
    const url = `postgres://chat@127.0.0.1:${await freePort()}/chat`;
    expect(await mistakes(url)).toMatch(/cannot be reached\. Start it, or set DATABASE_URL/);
  });

  test.concurrent("that takes the connection and says nothing", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    const { port } = silent.address() as { port: number };
    const startedAt = performance.now();
    expect(await mistakes(`postgres://chat@127.0.0.1:${port}/chat`)).toMatch(/cannot be reached/);
    // The start itself takes its time on a busy machine; what must not be is that it never ends.
    expect(performance.now() - startedAt).toBeLessThan(40_000);
    silent.close();
  });

  test.concurrent("without the database", async () => {
    const url = Object.assign(new URL(await freshDatabase()), { pathname: "/nowhere" }).href;
    expect(await mistakes(url)).toMatch(/There is no database .*\/nowhere\. Make it: createdb/);
  });

  test.concurrent("whose user may not make tables", async () => {
    const url = await freshDatabase();
    const role = `reader_${new URL(url).pathname.slice(-8)}`;
    await ask(url, `CREATE ROLE ${role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
    expect(await mistakes(Object.assign(new URL(url), { username: role }).href)).toMatch(
      /may not make tables/,
    );
    expect(await ask(url, TABLES)).toEqual([{ tables: 0 }]);
  });

  test.concurrent("with the tables of another program", async () => {
    const url = await freshDatabase();
    await ask(url, "CREATE TABLE invoices (id int)");
    expect(await mistakes(url)).toMatch(/belongs to another program/);
    expect(await ask(url, TABLES)).toEqual([{ tables: 1 }]);
    // Names that others use as well.
    await ask(url, "CREATE TABLE messages (id int); CREATE TABLE migrations (id int, migration text)");
    expect(await mistakes(url)).toMatch(/belongs to another program/);
  });

  test.concurrent("with a file in its address that is not there", async () => {
    const url = `${await freshDatabase()}?sslmode=verify-full&sslrootcert=/no/such/file`;
    expect(await mistakes(url)).toMatch(/A file that DATABASE_URL names cannot be read.*\/no\/such\/file/);
  });

  test.concurrent("without the schema of its search_path", async () => {
    const url = `${await freshDatabase()}?options=-c%20search_path%3Dchat`;
    expect(await mistakes(url)).toMatch(/no schema of the search_path/);
  });

  test.concurrent("whose transactions are serializable by default", async () => {
    const url = `${await freshDatabase()}?options=-c%20default_transaction_isolation%3Dserializable`;
    expect(await mistakes(url)).toMatch(/are serializable by default\. Set it for our user: ALTER ROLE/);
    expect(await ask(url, TABLES)).toEqual([{ tables: 0 }]);
  });

  test.concurrent("of a newer version, and then, when that is undone, an ordinary one", async () => {
    const url = await freshDatabase();
    const env = { DATABASE_URL: url, SESSION_SECRET: SECRET };
    await (await startServer({ env })).stop();
    await ask(
      url,
      "INSERT INTO migrations (number, name, at) SELECT max(number) + 1, 'later', 0 FROM migrations",
    );
    expect(await mistakes(url)).toMatch(/was written by a newer Parkbench/);
    await ask(url, "DELETE FROM migrations WHERE name = 'later'");
    await (await startServer({ env })).stop();
  });

  test.concurrent("with no connection to spare", async () => {
    const url = await freshDatabase();
    const role = `none_${new URL(url).pathname.slice(-8)}`;
    await ask(url, `CREATE ROLE ${role} LOGIN CONNECTION LIMIT 0`);
    expect(await mistakes(Object.assign(new URL(url), { username: role }).href)).toMatch(
      /no connection to spare/,
    );
  });
});
