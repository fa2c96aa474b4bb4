/** The built client in Chromium, on each transport, with a real server. */
import { describe, expect, it } from "vitest";
import { browserChat } from "../support/browser-chat.js";
import { builtClient } from "../support/built-client.js";
import { connectClient, given, log, openClient, serveClient, transport } from "../support/client-page.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("the client in Chromium", () => {
  const built = builtClient();
  const { app, browser } = browserChat();

  it.each([
    ["websocket", []],
    ["sse", ["WebSocket"]],
    ["poll", ["WebSocket", "EventSource", "Promise", "fetch", "BroadcastChannel"]],
  ])("reads by %s, each message once, and no other room's", async (name, globals) => {
    const context = await browser().newContext();
    await serveClient(context, built(), { globals });
    await makeRoom(app().url, "Gardener", "garden", "Garden");
    await say(app().url, "Ben", "before");
    const page = await openClient(context, app().url);
    await expect.poll(() => transport(page)).toBe(name);
    for (const count of [1, 2, 3]) {
      await say(app().url, "Ben", `${count}`);
      await say(app().url, "Ben", `in the garden ${count}`, "garden");
    }
    await expect.poll(() => given(page)).toEqual(["before", "1", "2", "3"]);
  });

  it("goes on where it was when its connection is cut", async () => {
    const context = await browser().newContext();
    await serveClient(context, built());
    const page = await openClient(context, app().url);
    await expect.poll(() => transport(page)).toBe("websocket");
    for (let count = 1; count <= 4; count++) {
      const parked = app().chat.tail.parked;
      expect(parked).toBeGreaterThan(0);
      await say(app().url, "Ben", `${count}`);
      await context.setOffline(true);
      await say(app().url, "Ben", `offline ${count}`);
      await context.setOffline(false);
      await expect.poll(async () => (await given(page)).length, { timeout: 15_000 }).toBe(2 * count);
    }
    expect(await given(page)).toEqual((await historyOf(app().url)).map(({ text }) => text));
  });

  it("sends what was pending when the page was reloaded, once", async () => {
    const context = await browser().newContext();
    await serveClient(context, built());
    const page = await openClient(context, app().url, { user: null, token: null });
    await context.route("**/send", (route) => route.abort());
    await page.evaluate(() => {
      const { chat } = window as unknown as { chat: { send(text: string, to: object): void } };
      chat.send("pending", { name: "Ana" });
    });
    await page.reload();
    await context.unroute("**/send");
    expect(await historyOf(app().url)).toEqual([]);
    await connectClient(page, { user: null, token: null });
    await expect.poll(() => given(page)).toEqual(["pending"]);
    await page.reload();
    await connectClient(page, { user: null, token: null });
    await expect.poll(() => given(page)).toEqual(["pending"]);
    expect(await historyOf(app().url)).toHaveLength(1);
  });

  it("stops with the server's word about a room that is not there", async () => {
    const context = await browser().newContext();
    await serveClient(context, built());
    const page = await openClient(context, app().url, { rooms: ["nowhere"] });
    await expect.poll(() => log(page)).toEqual(["error no_room"]);
  });
});
