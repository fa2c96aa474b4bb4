/** A dump of PostgreSQL put back: another log than the one that went on, and every client is told. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, vi } from "vitest";
import { admin } from "../support/admin.js";
import { say } from "../support/copies.js";
import { problemIn } from "../support/html.js";
import { call, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { act } from "../support/moderators.js";
import { test } from "../support/own-server.js";
import { endOf } from "../support/parked.js";
import { runProgram } from "../support/program.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

/** Several programs, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const SECRET = { SESSION_SECRET: "the same before and after" };

function postgres(program: "pg_dump" | "pg_restore", ...args: string[]) {
  return promisify(execFile)(join(tools.postgres ?? "", program), args);
}

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  test("a dump that is put back is another log: old cursors hear so, names are free, codes are spent", async ({
    folder,
    start,
  }) => {
    const [url, restored] = [await freshDatabase(), await freshDatabase()];
    const dump = join(folder, "parkbench.dump");
    const before = await start({ env: { DATABASE_URL: url, ...SECRET } });
    const mia = await signIn(before.url, "Mia");
    await say(before, "kept");
    const code = (await admin(url, ["moderator", "Mia"])).out.slice(0, 14);
    expect(code).toMatch(/^[2-9A-Z-]{14}$/);
    await postgres("pg_dump", "--format=custom", `--file=${dump}`, url);
    await say(before, "after the dump");
    const cursor = await endOf(before.url);
    const newEpoch = (at: string, ...args: string[]) => runProgram("new-epoch", args, { DATABASE_URL: at });

    const refused = await newEpoch(url);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/is connected to .* Nothing was changed\.\n$/);
    expect(await endOf(before.url)).toBe(cursor);
    await before.stop();
    expect((await newEpoch(restored)).stderr).toMatch(/^There is no Parkbench in the database/);

    await postgres("pg_restore", "--exit-on-error", `--dbname=${restored}`, dump);
    const said = await newEpoch(restored);
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(said.stdout).toMatch(
      /^The log is in the new epoch [0-9a-f]{6}: 1 messages; new ids come after 1\.\n/,
    );

    const after = await start({ env: { DATABASE_URL: restored, ...SECRET } });
    // The cursor of before would be at a row that somebody else has by now.
    await say(after, "another second");
    const { reset, messages } = pollBody(await call(`${after.url}/poll?since=${cursor}&wait=45`));
    expect([reset?.reason, messages.map(({ text }) => text)]).toEqual(["epoch", ["kept", "another second"]]);
    const who = await call(`${after.url}/session`, { headers: { cookie: mia.cookie } });
    expect(JSON.parse(who.text).user).toBeNull();
    const again = await signIn(after.url, "Mia");
    const typed = await act(after, again, { act: "code", code });
    expect([typed.status, problemIn(typed.text)]).toEqual([
      403,
      expect.stringContaining("This code is wrong"),
    ]);
  });

  test.each(["backup", "restore"] as const)("%s says what PostgreSQL has for that", async (name) => {
    const env = { DATABASE_URL: "postgres://chat:secret@127.0.0.1:1/chat" };
    const { code, stdout, stderr } = await runProgram(name, ["file"], env);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(name === "backup" ? /pg_dump --format=custom/ : /pg_restore.*npm run new-epoch/);
    expect(stderr).not.toContain("secret");
  });

  test("a file of SQLite is told which program it has for that", async ({ folder }) => {
    const { code, stderr } = await runProgram("new-epoch", [], { DATABASE_URL: join(folder, "chat.db") });
    expect([code, stderr]).toEqual([2, expect.stringContaining("npm run restore -- FILE")]);
  });
});
