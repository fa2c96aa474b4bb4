/** What the owner's command line says, with and without a server: its words, its exit codes, and what it never does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.js";
import { admin } from "../support/admin.js";
import { makeFolder } from "../support/server.js";

const NAUGHTY = "Eve\u{1b}[31m\u{202e}";
let database = "";

beforeAll(async () => {
  database = join(makeFolder(), "chat.db");
  const store = await openStore({ url: database });
  await store.users.create({ shown: "Ana", folded: "ana" });
  await store.users.create({ shown: NAUGHTY, folded: "eve" });
  await store.log.append({ room: "lobby", author: { id: null, name: NAUGHTY }, text: "hm" });
  await store.close();
});

afterAll(() => rmSync(dirname(database), { recursive: true, force: true }));

const run = (...args: string[]) => admin(database, args);

describe("without a server", () => {
  it.each([
    [
      ["mute", "user", "1", "--minutes", "10"],
      /^Muted user 1 \(Ana\) until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/,
    ],
    [["unmute", "user", "1"], /^User 1 \(Ana\) may write again\.$/],
    [["unmute", "user", "1"], /^There was no mute of user 1 \(Ana\)\. Nothing was changed\.$/],
    [
      ["ban", "user", "77"],
      /^Banned user 77 \(of whom this database knows nothing\) until this is lifted\.$/,
    ],
    [["bans"], /^what {2}whom {5}how long {6}by {5}reason\nban {3}user 77 {2}until lifted {2}owner$/],
    // Not Ana: her number is 1.
    [
      ["ban", "user", "01"],
      /^Banned user 01 \(of whom this database knows nothing\) until this is lifted\.$/,
    ],
    [["unban", "user", "01"], /^User 01 \(of whom/],
    [["ban", "address", "2001:db8::5"], /^Banned the address 2001:db8::\/64 until/],
    [["unban", "address", "2001:db8::/64"], /^The address 2001:db8::\/64 may come in again\.$/],
    [["unban", "address", "127.0.0.1"], /^There was no ban of the address 127\.0\.0\.1\./],
    [["slow", "lobby", "30"], /^In lobby, one sender now waits 30 s between two messages\.$/],
    [["close", "lobby"], /^lobby is closed: it can be read, not written to\.$/],
    [["rooms"], /^room {3}state {3}slow {2}messages {2}title\nlobby {2}closed {2}30 s {2}1 {9}Lobby$/],
    [
      ["moderator", "Mia"],
      /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\n\nThis code is for Mia, once, in the next 15 minutes/,
    ],
    [["moderators"], /^There are no moderators\.$/],
    [["remove", "1"], /^Removed message 1 by Eve\\u\{1b\}\[31m\\u\{202e\} from lobby\.$/],
    [
      ["audit", "--limit", "1"],
      /^when .*\n\S+ \S+ UTC {2}owner {2}remove {2}1 {3}in lobby, by Eve\\u\{1b\}\[31m\\u\{202e\}$/,
    ],
    [["users"], /\n2 {5}Eve\\u\{1b\}\[31m\\u\{202e\} {2}\d.*\n1 {5}Ana/],
    [["users", "--name", "ANA"], /^user {2}name {2}last seen\n1 {5}Ana {3}\d{4}-\S+ \S+ UTC$/],
  ])("%j is done, and said in a line that no terminal can misread", async (args, words) => {
    const { code, out, err } = await run(...args);
    expect([code, err, out.trimEnd()]).toEqual([0, "", expect.stringMatching(words)]);
  });

  it("says no more to whoever has seen enough", async () => {
    const line = `INSERT INTO audit (actor, action, subject) VALUES ('sql', 'act', '${"x".repeat(200)}')`;
    const db = new Database(database);
    db.transaction(() => {
      for (let n = 0; n < 5000; n++) db.exec(line);
    })();
    const program = fileURLToPath(new URL("../../dist/admin.js", import.meta.url));
    const child = spawn(process.execPath, [program, "audit", "--limit", "5000"], {
      env: { ...process.env, DATABASE_URL: database },
    });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => (err += chunk));
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await once(child, "exit");
    expect([code, err]).toEqual([0, ""]);
    db.exec("DELETE FROM audit WHERE actor = 'sql'");
    db.close();
  });

  it("lists its commands", async () => {
    for (const args of [[], ["help"], ["--help"], ["ban", "-h"]]) {
      const { code, out } = await run(...args);
      expect(code).toBe(0);
      for (const name of ["rooms", "users", "remove ID", "unban", "moderator NAME", "revoke ID", "audit"])
        expect(out).toContain(`  ${name}`);
    }
  });
});

describe("what cannot be", () => {
  let before = "";
  beforeAll(async () => {
    before = (await run("audit")).out;
  });

  it.concurrent.each([
    [["remove", "4711"], "There is no message 4711."],
    [["close", "nowhere"], 'There is no room "nowhere" here.'],
  ])("%j ends with 1", async (args, words) => {
    expect(await run(...args)).toEqual({ code: 1, out: "", err: `${words}\n` });
  });

  it.concurrent.each([
    [["dance"], 'There is no command "dance".'],
    [["toString"], 'There is no command "toString".'],
    [["ban"], "Something is missing.\nUsage: npm run admin -- ban (user ID | name NAME | address A)"],
    [["ban", "Ana"], "Something is missing."],
    [["ban", "dog", "Rex"], '"dog" is none of "user", "name" and "address".'],
    [["ban", "address", "10.0.0"], '"10.0.0" is no IPv4 or IPv6 address.'],
    [["ban", "address", "127.0.0.1"], "while TRUST_PROXY is off"],
    [["ban", "address", "::1"], "while TRUST_PROXY is off"],
    [["ban", "user", "1", "--minutes", "-5"], "minutes"],
    [["ban", "user", "1", "--minutes", "soon"], '"minutes" must be a whole number from 1 to'],
    [["ban", "user", "1", "--minutes", ""], "--minutes is empty.\nUsage:"],
    [["ban", "user", "1", "--name", "x"], '"ban" takes no --name.'],
    [["ban", "user", "1", "--colour", "red"], "--colour"],
    [["remove", "1e3"], '"ID" must be a whole number'],
    [["slow", "lobby", "1.5"], '"SECONDS" must be a whole number from 0 to 86400.'],
    [["rooms", "lobby"], "That is too much."],
  ])("%j ends with 2", async (args, words) => {
    const { code, out, err } = await run(...args);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(words)]);
  });

  it("changes nothing", async () => {
    expect(before).toContain("remove");
    expect((await run("audit")).out).toBe(before);
  });

  it("a loopback address is banned only where a proxy is trusted", async () => {
    const args = ["ban", "address", "127.0.0.5"];
    expect(await admin(database, args, { TRUST_PROXY: "1" })).toMatchObject({ code: 0 });
  });
});

describe("a database that is not there", () => {
  it("is said, and never made", async () => {
    const missing = join(dirname(database), "not", "there.db");
    for (const args of [["rooms"], ["ban", "user", "1"]]) {
      const { code, err } = await admin(missing, args);
      expect([code, err]).toEqual([1, expect.stringContaining(`There is no database at ${missing}.`)]);
    }
    expect(existsSync(join(missing, ".."))).toBe(false);
  });
});
