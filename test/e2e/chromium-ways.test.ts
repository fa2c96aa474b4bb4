/** What a room's page says of the way it is connected, and that it is live by each. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connected, startBrowser, texts, visitor } from "../support/browser.js";
import { say } from "../support/guest.js";
import { standalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

const without = (...names: string[]) =>
  ((page) =>
    page.addInitScript((names) => {
      for (const name of names) Reflect.deleteProperty(window, name);
    }, names)) satisfies (page: Page) => Promise<unknown>;

const block = async (page: Page) => {
  await page.routeWebSocket(/\/ws\?/, (socket) => socket.close());
  await page.route(/\/events\?/, (route) => route.abort("connectionreset"));
};

describe.skipIf(!tools.chromium)("a room's page in Chromium", () => {
  const app = standalone();
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser?.close());

  it.each([
    ["everything", without(), "connected by WebSocket", ""],
    [
      "no WebSocket",
      without("WebSocket"),
      "connected by server-sent events: WebSocket is missing in this browser",
      "WebSocket is missing in this browser",
    ],
    [
      "neither WebSocket nor EventSource",
      without("WebSocket", "EventSource"),
      "connected by long polling: WebSocket is missing in this browser",
      "WebSocket is missing in this browser, server-sent events are missing in this browser",
    ],
    [
      "a network that blocks both",
      block,
      "connected by long polling: WebSocket was blocked",
      "WebSocket was blocked, server-sent events were blocked",
    ],
  ])("with %s says what it uses and why, and is live by it", async (_case, prepare, words, why) => {
    const { page } = await visitor(browser);
    await prepare(page);
    await page.goto(`${app().url}/rooms/lobby`);
    expect(await connected(page)).toBe(words);
    const title = (await page.getByRole("status").getAttribute("title")) ?? "";
    expect(title).toBe(why && `Why not better: ${why}. The network check tells more.`);

    const text = `live ${words}`;
    await say(app().url, "Ben", text);
    await page.getByText(text, { exact: true }).waitFor();
    expect((await texts(page)).filter((shown) => shown === text)).toHaveLength(1);
  });

  it("stays a plain page where the client could not be loaded", async () => {
    const { page, complaints } = await visitor(browser);
    await page.route("**/client.js", (route) => route.abort());
    await page.goto(`${app().url}/rooms/lobby`);
    await page.getByLabel("Your name").fill("Ana");
    await page.getByLabel("Message").fill("by a plain form");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL(/\?m=\d+$/);
    expect((await texts(page))[0]).toBe("by a plain form");
    expect(complaints.filter((line) => !line.includes("net::ERR_"))).toEqual([]);
  });

  it("shows older messages without going live, and times by the reader's own clock", async () => {
    const { page } = await visitor(browser);
    await say(app().url, "Ben", "the last of the old");
    const next = (await app().chat.store.log.newest()) + 1;
    await page.goto(`${app().url}/rooms/lobby?before=${next}`);
    await page.getByText("These are older messages.").waitFor();
    const live: string[] = [];
    page.on("request", (request) => live.push(request.url()));
    page.on("websocket", (socket) => live.push(socket.url()));
    await page.waitForLoadState("load");
    expect(await page.getByRole("status").textContent()).toBe("");
    expect(live).toEqual([]);
    const at = await page.locator(".when").first().getAttribute("title");
    const local = new Date(at ?? "").toLocaleTimeString("de", { hour: "2-digit", minute: "2-digit" });
    expect(await page.locator(".when").first().textContent()).toBe(local);
  });

  it("forgets all it showed after a reset, marks what is no message, and removes what was deleted", async () => {
    const { page } = await visitor(browser);
    const row = { room: "lobby", kind: "message", from: { id: null, name: "Ben" }, nonce: null };
    const at = new Date().toISOString();
    await page.routeWebSocket(/\/ws\?/, (socket) => {
      const send = (messages: object[], next: string, more = {}) =>
        socket.send(JSON.stringify({ messages, next, more: false, retry: 0, ...more }));
      send([{ ...row, id: 2, text: "of the new log", at }], "2-abcd", { reset: { reason: "epoch" } });
      send([{ ...row, id: 3, text: "to be deleted", at }], "3-abcd");
      send([{ ...row, id: 4, kind: "score", text: "2:0", at }], "4-abcd");
      send([{ ...row, id: 5, kind: "delete", ref: 3, text: "", at }], "5-abcd");
    });
    await page.goto(`${app().url}/rooms/lobby`);
    await expect.poll(() => texts(page)).toEqual(["2:0", "(removed)", "of the new log"]);
    expect(
      await page.locator("#messages > li").evaluateAll((items) => items.map((item) => item.className)),
    ).toEqual(["message fresh kind-score", "message fresh removed", "message fresh"]);
  });
});
