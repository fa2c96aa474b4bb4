/** After a restore: whoever has a cursor of before hears `reset` at once, and goes on with new rows. Nobody waits for ever. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from "vitest";
import { connect } from "../../src/node-client/index.js";
import { startBrowser } from "../support/browser.js";
import { builtClient } from "../support/built-client.js";
import { log, openClient, serveClient, transport } from "../support/client-page.js";
import { type Copies, test as copiesTest, say } from "../support/copies.js";
import { freePort } from "../support/free-port.js";
import { call, pollBody } from "../support/http-client.js";
import type { Own } from "../support/own-server.js";
import { endOf, hasReadAll } from "../support/parked.js";
import type { ServerProcess } from "../support/server.js";
import { openStream } from "../support/sse-reader.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";
import { openSocket } from "../support/ws-client.js";

// Several programs one after another, each of which takes a second to start where others run beside it.
vi.setConfig({ testTimeout: 60_000 });

interface Scene {
  readonly first: ServerProcess;
  /** At the end of the log, behind two messages that the backup has not. */
  readonly cursor: string;
  /** Stops, restores, and starts again at the same port. */
  restored(signal?: NodeJS.Signals): Promise<ServerProcess>;
}

const test = copiesTest.extend<{ readonly scene: Scene }>({
  scene: async ({ start, copy, backUp, restore }: Own & Copies, use) => {
    const port = await freePort();
    const first = await start({ port });
    await say(first, "kept");
    await backUp(copy);
    for (const text of ["lost", "lost, too"]) await say(first, text);
    await use({
      first,
      cursor: await endOf(first.url),
      async restored(signal = "SIGTERM") {
        await first.stop(signal);
        const { code, stderr } = await restore(copy);
        expect([code, stderr]).toEqual([0, ""]);
        return start({ port });
      },
    });
  },
});

describe.concurrent.each(["SIGTERM", "SIGKILL"] as const)(
  "polls that were parked across the stop (%s)",
  (signal) => {
    test("end, come back with their cursor, and are told at once; then they wait for what is new", async ({
      scene: { first, cursor, restored },
    }) => {
      const parked = Array.from({ length: 20 }, () =>
        call(`${first.url}/poll?since=${cursor}&wait=45`).then(pollBody, () => null),
      );
      await hasReadAll(first.url);
      const again = await restored(signal);
      for (const before of await Promise.all(parked))
        expect(before).toEqual(
          signal === "SIGKILL" ? null : expect.objectContaining({ messages: [], next: cursor }),
        );
      const backAt = performance.now();
      const back = pollBody(await call(`${again.url}/poll?since=${cursor}&wait=45`));
      expect(performance.now() - backAt).toBeLessThan(5_000);
      expect(back.reset).toEqual({ reason: "epoch" });
      expect(back.messages.map(({ text }) => text)).toEqual(["kept"]);
      const waiting = call(`${again.url}/poll?since=${back.next}&wait=45`);
      await say(again, "new");
      const { messages, reset } = pollBody(await waiting);
      expect([messages.map(({ id, text }) => [id, text]), reset]).toEqual([[[4, "new"]], undefined]);
      // The log has grown past the cursor of before: it is still another log's.
      expect(pollBody(await call(`${again.url}/poll?since=${cursor}`)).reset).toEqual({ reason: "epoch" });
    });
  },
);

test.concurrent("server-sent events, a WebSocket and the waiting page are told, too, and go on", async ({
  scene: { cursor, restored },
}) => {
  const { url } = await restored();
  const events = await openStream(`${url}/events`, { "Last-Event-ID": cursor });
  await events.has(/event: reset\n/);
  await events.has('"reason":"epoch"');
  const socket = await openSocket(url, `?since=${cursor}`);
  await socket.has(1);
  expect(socket.frames[0]).toMatchObject({ reset: { reason: "epoch" }, messages: [{ text: "kept" }] });
  const page = await call(`${url}/rooms/lobby/wait?since=${cursor}`);
  expect([page.status, /lost/.test(page.text), /kept/.test(page.text)]).toEqual([200, false, true]);
  const [, next] = /since=(\d+-\w+)/.exec(page.text) ?? [];
  const waiting = call(`${url}/rooms/lobby/wait?since=${next}`);
  await call(`${url}/send`, { form: { name: "Ana", text: "new" } });
  await events.has('"text":"new"');
  await until(
    () => socket.texts().includes("new"),
    () => socket.raw.join(),
  );
  expect((await waiting).text).toMatch(/new/);
  events.leave();
  socket.socket.terminate();
});

describe.concurrent.each(["websocket", "sse", "poll"] as const)("the Node client by %s", (name) => {
  // Little time between two attempts.
  beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.05));
  afterEach(() => void vi.restoreAllMocks());

  test("hears reset once, and then what is new", async ({ scene: { first, cursor, restored } }) => {
    const resets: string[] = [];
    const seen: string[] = [];
    const chat = connect({
      url: first.url,
      since: cursor,
      transports: [name],
      onReset: (reason) => resets.push(reason),
    });
    const loop = (async () => {
      for await (const { id, text } of chat) seen.push(`${id} ${text}`);
    })();
    await say(first, "seen live");
    await until(() => seen.length === 1, "the first message");
    const again = await restored();
    await until(
      () => resets.length > 0,
      () => `a reset; came: ${seen}`,
    );
    await say(again, "new");
    await until(
      () => seen.length >= 3,
      () => `what is new; came: ${seen}`,
    );
    expect(seen).toEqual(["4 seen live", "1 kept", "5 new"]);
    expect(resets).toEqual(["epoch"]);
    chat.close();
    await loop;
  });
});

describe.skipIf(!tools.chromium)("the browser's client", () => {
  const built = builtClient();
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  test.for([
    ["websocket", []],
    ["sse", ["WebSocket"]],
    ["poll", ["WebSocket", "EventSource"]],
  ] as const)(
    "by %s hears reset once, and then what is new",
    { timeout: 60_000 },
    async ([name, globals], { scene: { first, restored } }) => {
      const context = await (browser as Browser).newContext();
      await serveClient(context, built(), { globals });
      const page = await openClient(context, first.url);
      await expect.poll(() => transport(page)).toBe(name);
      await expect.poll(async () => (await log(page)).includes("lost, too")).toBe(true);
      const again = await restored();
      await expect
        .poll(async () => (await log(page)).includes("reset epoch"), { timeout: 30_000 })
        .toBe(true);
      await say(again, "new");
      await expect.poll(async () => (await log(page)).includes("new"), { timeout: 30_000 }).toBe(true);
      const heard = (await log(page)).filter((line) => !/^(open|close|error)\b/.test(line));
      expect(heard).toEqual(["kept", "lost", "lost, too", "reset epoch", "kept", "new"]);
      await context.close();
    },
  );
});
