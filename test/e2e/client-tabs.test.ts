/** Several tabs of one browser share one connection, and lose and double nothing when the one that reads is closed. */
import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { browserChat } from "../support/browser-chat.js";
import { builtClient } from "../support/built-client.js";
import { given, openClient, serveClient, transport } from "../support/client-page.js";
import { makeRoom, say } from "../support/guest.js";
import { tools } from "../support/tools.js";

const OLD = ["locks", "BroadcastChannel"];

describe.skipIf(!tools.chromium)("tabs", () => {
  const built = builtClient();
  const { app, browser } = browserChat();

  async function context(globals: readonly string[] = []): Promise<BrowserContext> {
    const made = await browser().newContext();
    await serveClient(made, built(), { globals });
    return made;
  }

  async function connected(page: Page): Promise<Page> {
    await expect.poll(() => transport(page)).not.toBe("");
    return page;
  }

  async function waiting(count: number): Promise<void> {
    await expect.poll(() => app().chat.tail.parked, { timeout: 15_000 }).toBe(count);
  }

  it.each([
    ["Web Locks and a BroadcastChannel", []],
    ["a lease in the storage", OLD],
  ])("share one connection by %s", { timeout: 60_000 }, async (_by, globals) => {
    const browserOfOne = await context(globals);
    await say(app().url, "Ben", "before");
    const first = await connected(await openClient(browserOfOne, app().url));
    const second = await connected(await openClient(browserOfOne, app().url));
    const third = await connected(await openClient(browserOfOne, app().url));
    await waiting(1);
    const all = ["before"];
    for (const page of [first, second]) {
      await say(app().url, "Ben", `with ${all.length}`);
      all.push(`with ${all.length}`);
      for (const tab of [page, third]) await expect.poll(() => given(tab)).toEqual(all);
      await page.close();
      await say(app().url, "Ben", `without ${all.length}`);
      all.push(`without ${all.length}`);
      await expect.poll(() => given(third), { timeout: 15_000 }).toEqual(all);
      await waiting(1);
    }
  });

  it("each take their own rooms", async () => {
    await makeRoom(app().url, "Gardener", "garden", "Garden");
    const browserOfOne = await context();
    const lobby = await connected(await openClient(browserOfOne, app().url));
    await say(app().url, "Ben", "weeds", "garden");
    const garden = await connected(await openClient(browserOfOne, app().url, { rooms: ["garden"] }));
    await waiting(1);
    await say(app().url, "Ben", "hello");
    await say(app().url, "Ben", "roses", "garden");
    await expect.poll(() => given(lobby)).toEqual(["hello"]);
    await expect.poll(() => given(garden)).toEqual(["weeds", "roses"]);
    await lobby.close();
    await say(app().url, "Ben", "alone", "garden");
    await expect.poll(() => given(garden)).toEqual(["weeds", "roses", "alone"]);
  });

  it("have each their own where a page does not share, and in another browser", async () => {
    const browserOfOne = await context();
    await connected(await openClient(browserOfOne, app().url, { share: false }));
    await connected(await openClient(browserOfOne, app().url, { share: false }));
    await connected(await openClient(await context(), app().url));
    await waiting(3);
  });

  it("have each their own where the script that shares does not come", async () => {
    const browserOfOne = await context();
    await browserOfOne.route("**/tabs.js", (route) => route.abort());
    const first = await connected(await openClient(browserOfOne, app().url));
    const second = await connected(await openClient(browserOfOne, app().url));
    await waiting(2);
    await say(app().url, "Ben", "hello");
    for (const page of [first, second]) await expect.poll(() => given(page)).toEqual(["hello"]);
  });
});
