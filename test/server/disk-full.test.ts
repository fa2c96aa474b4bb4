/** A full disk: sends are refused and said to be, reading goes on, nothing acknowledged is lost, and it passes. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect } from "vitest";
import { failedStart } from "../support/failed-start.js";
import { type Answer, call, codeOf, pollBody } from "../support/http-client.js";
import { test as ownTest } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import type { ServerProcess } from "../support/server.js";
import { makeSmallDisk, type SmallDisk } from "../support/small-disk.js";
import { tools } from "../support/tools.js";

const DISK_KB = 2048;

const diskTest = ownTest.extend<{ readonly disk: SmallDisk }>({
  // biome-ignore lint/correctness/noEmptyPattern: from this pattern vitest reads what a fixture needs
  disk: async ({}, use) => {
    const disk = makeSmallDisk(DISK_KB);
    await use(disk);
    disk.remove();
  },
});

/** The servers run over the disk's folder, and so they end before it goes. */
const test = diskTest.extend({ folder: async ({ disk }, use) => use(disk.folder) });

function send({ url }: ServerProcess, text: string): Promise<Answer> {
  return call(`${url}/send`, { form: { name: "Ana", text, nonce: text.replaceAll(" ", "-") } });
}

function expectFull(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(codeOf(answer)).toBe("storage_full");
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
}

function textsIn(database: string): unknown[] {
  const db = new Database(database, { readonly: true });
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  const texts = db.prepare("SELECT text FROM messages ORDER BY id").pluck().all();
  db.close();
  return texts;
}

describe.skipIf(!tools.mount)("on a full disk", () => {
  test("sends are refused with 503, reading goes on, and when space is back it recovers by itself", async ({
    start,
    disk,
  }) => {
    const server = await start();
    expect((await send(server, "before")).status).toBe(201);
    const [poll] = await parkPolls(server.url, 1);
    disk.fill();
    for (let n = 0; n < 3; n++) expectFull(await send(server, `refused ${n}`));
    expectFull(await call(`${server.url}/session`, { form: { name: "Bob" } }));
    expectFull(await call(`${server.url}/readyz`));
    expect((await call(`${server.url}/healthz`)).status).toBe(200);
    expect((await call(`${server.url}/rooms/lobby`)).status).toBe(200);
    const page = pollBody(await call(`${server.url}/poll?since=0`));
    expect(page.messages.map(({ text }) => text)).toEqual(["before"]);

    disk.free();
    // The poll that was parked all the time gets the row; a refused send is taken when it is sent again.
    expect((await send(server, "refused 1")).status).toBe(201);
    expect(poll && pollBody(await poll.answer).messages).toMatchObject([{ text: "refused 1" }]);
    // What it has found is believed for up to a second.
    await expect
      .poll(async () => (await call(`${server.url}/readyz`)).status, { timeout: 5_000, interval: 50 })
      .toBe(200);
    expect(await server.stop()).toBe(0);
    expect(textsIn(server.database)).toEqual(["before", "refused 1"]);
  });

  test("of sends while the disk fills up, each that was acknowledged is there, and each that was refused is not", async ({
    start,
    disk,
  }) => {
    const server = await start();
    const [taken, refused]: [string[], string[]] = [[], []];
    const write = async (writer: string) => {
      for (let n = 0; refused.filter((text) => text.startsWith(writer)).length < 5; n++) {
        const text = `${writer} ${n}`;
        const answer = await send(server, text);
        if (answer.status === 201) taken.push(text);
        else {
          expectFull(answer);
          refused.push(text);
        }
        // In the middle of everybody's sends.
        if (taken.length === 100) disk.fill();
      }
    };
    await Promise.all(["a", "b", "c", "d"].map(write));
    expect(taken.length).toBeGreaterThanOrEqual(100);
    // Stopped while it is still full: there is no room to tidy up, and nothing may be lost by that.
    expect(await server.stop()).toBe(0);
    disk.free();
    expect(textsIn(server.database).toSorted()).toEqual(taken.toSorted());
    const again = await start();
    expect((await send(again, "afterwards")).status).toBe(201);
  });

  test("a start says so, on a fresh disk and with a database there, and a later start finds everything", async ({
    start,
    disk,
  }) => {
    const said = async (path: string) => {
      const { code, stderr } = await failedStart({ DATABASE_URL: path });
      expect(code).toBe(1);
      expect(stderr).not.toMatch(/ {4}at |SqliteError/);
      return stderr;
    };
    const server = await start();
    await send(server, "kept");
    await server.stop("SIGKILL");
    disk.fill();
    expect(await said(server.database)).toMatch(
      /^Parkbench cannot start:\n {2}The disk .* is full\. .*nothing is lost/,
    );
    expect(await said(join(disk.folder, "fresh.db"))).toMatch(
      /^Parkbench cannot start:\n {2}The disk .* is full/,
    );
    disk.free();
    const again = await start();
    expect(pollBody(await call(`${again.url}/poll?since=0`)).messages).toMatchObject([{ text: "kept" }]);
    // What a failed first start has left behind is no obstacle to the next one.
    await start({ env: { DATABASE_URL: join(disk.folder, "fresh.db") } });
  });
});
