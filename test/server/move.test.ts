/** `npm run move`: people go on with their cursors, sessions and nonces, on PostgreSQL, as if nothing had been. */
import { readFileSync } from "node:fs";
import { describe, expect, vi } from "vitest";
import { admin } from "../support/admin.js";
import { test } from "../support/copies.js";
import { say } from "../support/guest.js";
import { call, codeOf, idOf, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { act } from "../support/moderators.js";
import { endOf } from "../support/parked.js";
import { runProgram } from "../support/program.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { eventsIn, openStream, textsIn } from "../support/sse-reader.js";
import { tools } from "../support/tools.js";
import { openSocket } from "../support/ws-client.js";

// Servers and programs one after another.
vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(tools.postgres === null)("npm run move", () => {
  test("a client goes on where it was, by poll, events and WebSocket, with its session and its nonces", async ({
    start,
    folder,
  }) => {
    const before = await start();
    const ana = await signIn(before.url, "Ana");
    const send = (url: string, text: string, nonce: string) =>
      call(`${url}/send`, {
        form: { text, nonce },
        headers: { cookie: ana.cookie, "x-parkbench-token": ana.token },
      });
    const first = await send(before.url, "before the move", "retried");
    expect(first.status, first.text).toBe(201);
    const cursor = await endOf(before.url);
    const stream = await openStream(`${before.url}/events?since=0`);
    await stream.has(/before the move.*\n\n/);
    const eventId = eventsIn(stream.text()).at(-1)?.id ?? "";
    const socket = await openSocket(before.url, "?since=0");
    await socket.has(2);
    const frame = socket.frames.at(-1) as { next: string };
    expect([eventId, frame.next]).toEqual([cursor, cursor]);
    const unread = await say(before.url, "Ben", "not read before the stop");
    await before.stop();

    const url = await freshDatabase();
    const moved = await runProgram("move", ["--from", before.database, "--to", url], {});
    expect([moved.code, moved.stderr]).toEqual([0, ""]);
    expect(moved.stdout).toMatch(
      /^verified: 2 messages, .*; the same in both databases, SHA-256 [0-9a-f]{64}\.\n/,
    );
    expect(moved.stdout).toContain(`${before.database}.secret`);

    // The server of before does not come back by itself.
    await expect(start()).rejects.toThrow(
      /The log of \S+ has moved to PostgreSQL at \S+: set DATABASE_URL to that/,
    );
    const SESSION_SECRET = readFileSync(`${folder}/parkbench.db.secret`, "utf8").trim();
    const after = await start({ env: { DATABASE_URL: url, SESSION_SECRET } });
    const behind = await openStream(`${after.url}/events`, { "last-event-id": eventId });
    const front = await openSocket(after.url, `?since=${frame.next}`);
    const session = await call(`${after.url}/session`, { headers: { cookie: ana.cookie } });
    expect(JSON.parse(session.text)).toMatchObject({ user: ana.user, token: ana.token });
    const again = await send(after.url, "before the move", "retried");
    expect([again.status, idOf(again)]).toEqual([200, idOf(first)]);
    expect((await send(after.url, "something else", "retried")).status).toBe(409);
    const next = await send(after.url, "after the move", "new");
    // Not the next: those that were recognised have used up an id each.
    expect([next.status, idOf(next) > unread]).toEqual([201, true]);
    const rows = ["not read before the stop", "after the move"];
    const polled = pollBody(await call(`${after.url}/poll?since=${cursor}`));
    expect(polled.messages.map(({ text }) => text)).toEqual(rows);
    expect(polled.reset).toBeUndefined();
    await Promise.all([behind.has("after the move"), front.has(2)]);
    expect([textsIn(behind.text()), front.texts()]).toEqual([rows, rows]);
    expect(`${behind.text()}${front.raw.join()}`).not.toContain("reset");
    // A name is held by who had it.
    const taken = await call(`${after.url}/session`, { form: { name: "Ana" } });
    expect(taken.status).toBe(409);
  });

  test("a moderator is still one, a ban and a closed room still hold", async ({
    start,
    folder,
    database,
  }) => {
    const before = await start();
    const ana = await signIn(before.url, "Ana");
    const code =
      /[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}/.exec((await admin(database, ["moderator", "Ana"])).out)?.[0] ??
      "";
    expect((await act(before, ana, { act: "code", code })).status).toBe(303);
    for (const args of [
      ["ban", "name", "Eve"],
      ["close", "lobby"],
    ])
      expect((await admin(database, args)).code).toBe(0);
    const mayWrite = async (url: string, name: string) =>
      codeOf(await call(`${url}/send`, { form: { name, text: "hi" } }));
    expect([await mayWrite(before.url, "Eve"), await mayWrite(before.url, "Ben")]).toEqual([
      "banned",
      "room_closed",
    ]);
    await before.stop();
    const url = await freshDatabase();
    expect((await runProgram("move", ["--from", database, "--to", url], {})).code).toBe(0);
    const SESSION_SECRET = readFileSync(`${folder}/parkbench.db.secret`, "utf8").trim();
    const after = await start({ env: { DATABASE_URL: url, SESSION_SECRET } });
    expect([await mayWrite(after.url, "Eve"), await mayWrite(after.url, "Ben")]).toEqual([
      "banned",
      "room_closed",
    ]);
    // By the same session, without a new code.
    const opened = await act(after, ana, { act: "open", room: "lobby" });
    expect([opened.status, opened.headers.location]).toEqual([303, expect.stringContaining("/moderation")]);
    expect([await mayWrite(after.url, "Eve"), await mayWrite(after.url, "Ben")]).toEqual([
      "banned",
      undefined,
    ]);
  });

  test("it says what is missing, and who has the database open", async ({ start, database }) => {
    const run = (...args: string[]) => runProgram("move", args, {});
    const url = await freshDatabase();
    expect(await run("--from", database)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Usage:"),
    });
    expect(await run("--to", url)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--from names"),
    });
    const none = await run("--from", database, "--to", url);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no database") });
    const server = await start();
    expect(await run("--from", database, "--to", url)).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^A server, or another program, has the database \S+ open\. .* --ahead/),
    });
    expect((await call(`${server.url}/send`, { form: { name: "Ana", text: "goes on" } })).status).toBe(201);
    const ahead = await run("--from", database, "--to", url, "--ahead");
    expect(ahead).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Next: stop the server and run this again"),
    });
    const away = await run("--from", database, "--to", "postgres://chat:hidden@127.0.0.1:9/chat", "--ahead");
    expect(away).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^PostgreSQL at 127\.0\.0\.1:9\/chat cannot be reached/),
    });
    expect(away.stderr).not.toContain("hidden");
  });
});
