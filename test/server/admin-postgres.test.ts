/** The owner's command line beside two running servers on one PostgreSQL. */
import pg from "pg";
import { beforeAll, describe, expect, vi } from "vitest";
import { admin } from "../support/admin.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { test } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

/** Several programs, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const SECRET = { SESSION_SECRET: "of both servers and not of the owner" };

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  let url = "";
  beforeAll(async () => {
    url = await freshDatabase();
  });

  test("a database that no server has used is not made one, and the text says so", async () => {
    const empty = await freshDatabase();
    const { code, out, err } = await admin(empty, ["ban", "name", "Troll"]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /^There is no Parkbench in the database 127\.0\.0\.1:\d+\/\w+\. Give the server's own/,
    );
    const client = new pg.Client({ connectionString: empty });
    await client.connect();
    expect((await client.query("SELECT FROM pg_tables WHERE schemaname = 'public'")).rowCount).toBe(0);
    await client.end();
  });

  test("a ban lets go of whom it means in every process at once, and of nobody else", async ({ start }) => {
    const options = { env: { DATABASE_URL: url, ...SECRET } };
    const servers = await Promise.all([start(options), start(options)]);
    const [here, there] = servers.map((server) => server.url) as [string, string];
    const [troll, bob] = [await signIn(here, "Troll"), await signIn(here, "Bob")];
    const headers = { cookie: troll.cookie };
    const out = [];
    for (const at of [here, there]) out.push((await parkPolls(at, 1, "wait=45", { headers }))[0]);
    const [still] = await parkPolls(there, 1, "wait=45", { headers: { cookie: bob.cookie } });

    const said = await admin(url, ["ban", "user", `${troll.user.id}`, "--reason", "noise"]);
    expect(said).toEqual({
      code: 0,
      err: "",
      out: `Banned user ${troll.user.id} (Troll) until this is lifted.\n`,
    });
    for (const poll of out) expect(pollBody((await poll?.answer) as never).messages).toEqual([]);
    for (const at of [here, there])
      expect(codeOf(await call(`${at}/poll?since=now&wait=0`, { headers }))).toBe("banned");

    const sent = await call(`${here}/send`, {
      form: { text: "peace", token: bob.token },
      headers: { cookie: bob.cookie },
    });
    expect(sent.status).toBe(201);
    expect(pollBody((await still?.answer) as never).messages.map(({ text }) => text)).toEqual(["peace"]);
    expect((await admin(url, ["remove", `${JSON.parse(sent.text).id}`])).out).toMatch(
      /^Removed message \d+ by Bob from lobby\. Its old text is in the database's files for a while still/,
    );
    expect((await admin(url, ["audit"])).out).toMatch(/owner +remove .*\n.*owner +ban +user \d+ +noise/);
    expect((await call(`${there}/history`)).text).not.toContain("peace");
  });
});
