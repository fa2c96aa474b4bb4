/** The owner's command line beside two running servers on one file: what it says is heard in both at once. */
import { join } from "node:path";
import { describe, expect } from "vitest";
import { admin } from "../support/admin.js";
import { say } from "../support/guest.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { test } from "../support/own-server.js";
import { endOf, nowMs, parkPolls } from "../support/parked.js";
import type { ServerProcess } from "../support/server.js";
import { openStream } from "../support/sse-reader.js";
import { openSocket } from "../support/ws-client.js";

/** One address each, as if a proxy had said so. */
const PROXIED = { TRUST_PROXY: "1" };
const from = (address: string) => ({ "x-forwarded-for": address });

/** A poll, events and a socket that stay, at each of the servers. */
async function stay(servers: readonly ServerProcess[], headers: Record<string, string>) {
  const readers = [];
  for (const { url } of servers) {
    const since = await endOf(url);
    const socket = await openSocket(url, `?since=${since}`, { headers: { ...headers, origin: url } });
    const stream = await openStream(`${url}/events?since=${since}`, headers);
    const [poll] = await parkPolls(url, 1, "wait=45", { headers });
    await Promise.all([socket.has(1), stream.has("event: hello")]);
    readers.push({ url, socket, stream, poll });
  }
  return readers;
}

type Readers = Awaited<ReturnType<typeof stay>>;

/** All of them have ended, and none may come again. */
async function expectOut(readers: Readers, headers: Record<string, string>): Promise<number> {
  let lastMs = 0;
  const ends = readers.map(async ({ url, socket, stream, poll }) => {
    expect(pollBody((await poll?.answer) ?? { status: 0, headers: {}, text: "{}" }).messages).toEqual([]);
    expect(await stream.ended).toContain("retry:");
    expect((await socket.closed).code).toBe(4001);
    lastMs = nowMs();
    for (const path of ["/poll?since=now", "/events", "/history", "/session"]) {
      const answer = await call(url + path, { headers });
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 403, "banned"]);
    }
    const page = await call(`${url}/rooms/lobby`, { headers });
    expect([page.status, page.text]).toEqual([403, expect.stringContaining("You are banned from this chat")]);
    await expect(openSocket(url, "", { headers: { ...headers, origin: url } })).rejects.toThrow("403");
  });
  await Promise.all(ends);
  return lastMs;
}

/** None of them has been disturbed: what is said now reaches them. */
async function expectIn(readers: Readers): Promise<void> {
  const text = `to those who stay ${Math.random()}`;
  await call(`${readers[0]?.url}/send`, { form: { name: "Zoe", text }, headers: from("10.9.9.9") });
  for (const { socket, stream, poll } of readers) {
    expect((await poll?.answer)?.text).toContain(text);
    await stream.has(text);
    await socket.has(2);
    expect(socket.texts()).toEqual([text]);
    expect(stream.isOver()).toBe(false);
  }
}

function leave(readers: Readers): void {
  for (const { socket, stream } of readers) {
    socket.socket.terminate();
    stream.leave();
  }
}

interface Scene {
  readonly servers: readonly ServerProcess[];
  readonly database: string;
  readonly troll: Member;
  readonly bob: Member;
}

async function scene(folder: string, start: (options: object) => Promise<ServerProcess>): Promise<Scene> {
  const servers = [await start({ env: PROXIED }), await start({ env: PROXIED })];
  const url = servers[0]?.url ?? "";
  const [troll, bob] = [await signIn(url, "Tröll"), await signIn(url, "Bob")];
  return { servers, database: join(folder, "parkbench.db"), troll, bob };
}

describe("a ban", () => {
  test.for(["user", "name", "address"] as const)(
    "by %s lets go of whom it means in every process, and of nobody else",
    async (kind, { folder, start }) => {
      const { servers, database, troll, bob } = await scene(folder, start);
      const whom = { user: String(troll.user.id), name: "TRÖLL", address: "10.1.1.1" }[kind];
      const [bad, good] = [
        { cookie: troll.cookie, ...from("10.1.1.1") },
        { cookie: bob.cookie, ...from("10.2.2.2") },
      ];
      const [out, still] = [await stay(servers, bad), await stay(servers, good)];
      const said = await admin(database, ["ban", kind, whom, "--reason", "noise"], PROXIED);
      const saidAt = nowMs();
      expect(said).toMatchObject({ code: 0, err: "" });
      expect(said.out).toMatch(/^Banned .* until this is lifted\.\n$/);
      const lagMs = (await expectOut(out, bad)) - saidAt;
      console.log(
        `ban by ${kind}: the last reader of two processes was gone ${lagMs.toFixed(0)} ms after the command`,
      );
      await expectIn(still);
      leave(still);
      expect((await admin(database, ["unban", kind, whom], PROXIED)).code).toBe(0);
      expect((await call(`${servers[1]?.url}/poll?since=now&wait=0`, { headers: bad })).status).toBe(200);
    },
  );

  test("of an address means guests without a session, too, and of an IPv6 address its whole /64", async ({
    folder,
    start,
  }) => {
    const { servers, database } = await scene(folder, start);
    const [out, still] = [
      await stay(servers, from("2001:db8:1:2::5")),
      await stay(servers, from("2001:db8:1:3::5")),
    ];
    const { out: said } = await admin(
      database,
      ["ban", "address", "2001:db8:1:2::99", "--minutes", "5"],
      PROXIED,
    );
    expect(said).toMatch(/^Banned the address 2001:db8:1:2::\/64 until .* UTC\.\n$/);
    await expectOut(out, from("2001:db8:1:2::7"));
    await expectIn(still);
    leave(still);
  });

  test("of a name refuses it to others, and whoever is not of that name may come from the same address", async ({
    folder,
    start,
  }) => {
    const { servers, database } = await scene(folder, start);
    const url = servers[1]?.url ?? "";
    await admin(database, ["ban", "name", "Spam  mer"]);
    const tries = [
      await call(`${url}/session`, { form: { name: "spam mer" } }),
      await call(`${url}/send`, { form: { name: "SPAM MER", text: "buy" } }),
    ];
    expect(tries.map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [403, "banned"],
      [403, "banned"],
    ]);
    expect(await say(url, "Spammers", "not that name")).toBeGreaterThan(0);
  });
});

describe("a closed room", () => {
  test("takes nothing in any process, is read on, and opens again", async ({ folder, start }) => {
    const { servers, database } = await scene(folder, start);
    const readers = await stay(servers, from("10.3.3.3"));
    expect((await admin(database, ["close", "lobby"])).out).toBe(
      "lobby is closed: it can be read, not written to.\n",
    );
    for (const { url } of servers)
      expect(codeOf(await call(`${url}/send`, { form: { name: "Cy", text: "too late" } }))).toBe(
        "room_closed",
      );
    expect((await admin(database, ["open", "lobby"])).code).toBe(0);
    await expectIn(readers);
    leave(readers);
  });
});

test("a removed message is a delete row to readers in every process", async ({ folder, start }) => {
  const { servers, database } = await scene(folder, start);
  const id = await say(servers[0]?.url ?? "", "Ana", "a secret");
  const readers = await stay(servers, {});
  expect((await admin(database, ["remove", `${id}`])).out).toMatch(
    /^Removed message \d+ by Ana from lobby\.( Its old text.*)?\n$/,
  );
  for (const { poll, stream, socket } of readers) {
    expect((await poll?.answer)?.text).toContain(`"kind":"delete"`);
    await stream.has(`"ref":${id}`);
    await socket.has(2);
  }
  for (const { url } of servers) expect((await call(`${url}/history`)).text).not.toContain("a secret");
  leave(readers);
});
