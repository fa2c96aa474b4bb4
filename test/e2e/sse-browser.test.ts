/** A browser's own EventSource on /events: typed rows, and resuming by the browser's own Last-Event-ID. */
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startBrowser, visitor } from "../support/browser.js";
import { startFirefox } from "../support/firefox.js";
import { makeRoom, say } from "../support/guest.js";
import { test } from "../support/own-server.js";
import { tools } from "../support/tools.js";

interface Tab {
  go(url: string): Promise<void>;
  /** Runs the body of a function in the page. */
  run(body: string): Promise<unknown>;
  close(): Promise<void>;
}

interface Heard {
  readonly as: string;
  readonly id: string;
  readonly data: {
    readonly id?: number;
    readonly kind?: string;
    readonly text?: string;
    readonly data?: unknown;
  };
}

const SOON = { timeout: 8000, interval: 50 };
/** A browser comes back when it likes: after `retry`, and more when it has found nobody. */
const LATER = { timeout: 15_000, interval: 50 };

/** Everything is kept with the type under which it came, so that one row heard twice shows. */
const LISTEN = `
  window.heard = [];
  window.source = new EventSource("/events?since=now&client=tab");
  ["hello", "reset", "message", "score"].forEach(function (type) {
    source.addEventListener(type, function (event) {
      heard.push({ as: type, id: event.lastEventId, data: JSON.parse(event.data) });
    });
  });`;

const BROWSERS = {
  Chromium: { path: tools.chromium, open: openChromium },
  Firefox: { path: tools.firefox, open: startFirefox },
};

describe.each(Object.entries(BROWSERS))("EventSource of %s", (_name, { path, open }) => {
  describe.skipIf(!path)("reads /events", () => {
    let tab: Tab;
    beforeAll(async () => {
      tab = await open();
    });
    afterAll(() => tab?.close());

    test("with each row as an event of its kind, of the room that was asked for, and its cursor as the id", async ({
      start,
    }) => {
      const { url, database } = await start();
      await makeRoom(url, "Gardener", "garden", "Garden");
      await tab.go(`${url}/`);
      await tab.run(LISTEN);
      await expect.poll(() => heard("hello"), SOON).toHaveLength(1);
      await say(url, "Ben", "not for the lobby", "garden");
      const id = await say(url, "Ben", "a message");
      insert(database, "one to nil", "score", { home: 1 });
      await say(url, "Ben", "and another");

      await expect.poll(() => heard("message"), SOON).toHaveLength(2);
      const rows = (await heard()).filter(({ as }) => as !== "hello");
      expect(rows.map(({ as, data }) => [as, data.text])).toEqual([
        ["message", "a message"],
        ["score", "one to nil"],
        ["message", "and another"],
      ]);
      expect(rows[1]?.data).toMatchObject({ kind: "score", data: { home: 1 } });
      expect(rows.map((row) => Number.parseInt(row.id, 10))).toEqual([id, id + 1, id + 2]);
      await tab.run("source.close()");
    });

    test.for(["SIGTERM", "SIGKILL"] as const)(
      "and comes back by itself after the server was ended by %s, with nothing lost or doubled",
      { timeout: 30_000 },
      async (signal, { start }) => {
        const server = await start();
        const { url, port, database } = server;
        await tab.go(`${url}/`);
        await tab.run(LISTEN);
        await expect.poll(() => heard("hello"), SOON).toHaveLength(1);
        await say(url, "Ben", "before the end");
        await expect.poll(() => heard("message"), SOON).toHaveLength(1);
        await server.stop(signal);
        insert(database, "while it was down");
        insert(database, "two to nil", "score");
        await start({ port });
        await say(url, "Ben", "after it was back");

        await expect.poll(() => heard("message"), LATER).toHaveLength(3);
        // A row heard twice would stand before the last one.
        await say(url, "Ben", "the last");
        await expect.poll(() => heard("message"), SOON).toHaveLength(4);
        const rows = (await heard()).filter(({ as }) => as !== "hello");
        expect(rows.map(({ data }) => data.text)).toEqual([
          "before the end",
          "while it was down",
          "two to nil",
          "after it was back",
          "the last",
        ]);
        expect((await heard("hello")).length).toBeGreaterThan(1);
        await tab.run("source.close()");
      },
    );

    async function heard(as?: string): Promise<Heard[]> {
      const all = JSON.parse(String(await tab.run("return JSON.stringify(heard)"))) as Heard[];
      return as ? all.filter((event) => event.as === as) : all;
    }
  });
});

/** As another program writes a row of its own kind. */
function insert(database: string, text: string, kind = "message", data: object | null = null): void {
  const db = new Database(database, { timeout: 5000 });
  db.prepare(
    "INSERT INTO messages (room, author_name, text, kind, data) VALUES ('lobby', 'Cron', ?, ?, ?)",
  ).run(text, kind, data && JSON.stringify(data));
  db.close();
}

async function openChromium(): Promise<Tab> {
  const browser = await startBrowser();
  const { page } = await visitor(browser);
  return {
    go: async (url) => void (await page.goto(url)),
    run: (body) => page.evaluate(`(function () { ${body} })()`),
    close: () => browser.close(),
  };
}
