/** The network check page in Chromium, on a good way, on bad ones, and without script. */
import type { Browser, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, visitor } from "../support/browser.js";
import { standalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("the network check in Chromium", () => {
  const app = standalone();
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser?.close());

  /** Opens the page; requests that wait `cutS` or longer are cut at that age. Waiting takes the page's clock, not ours. */
  async function check(
    cutS: number,
    prepare: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<Page> {
    const { page } = await visitor(browser);
    await page.clock.install();
    await page.route(/\/check\/wait\?/, async (route) => {
      const askedS = Number(new URL(route.request().url()).searchParams.get("s"));
      await page.clock.fastForward(Math.min(askedS, cutS) * 1000);
      await (askedS < cutS ? route.fulfill({ json: { waitedS: askedS } }) : route.abort("connectionreset"));
    });
    await prepare(page);
    await page.goto(`${app().url}/check`);
    await page.locator("#result:is(.good, .bad)").waitFor({ timeout: 15_000 });
    return page;
  }

  it("says that all is well where all is well, as text that can be copied", async () => {
    const page = await check(60);
    expect(await result(page)).toBe("The chat works here, by WebSocket.");
    expect(await lines(page)).toEqual([
      "WebSocket: works",
      "Server-sent events: works",
      "Caching: every answer is new",
      "Sending: works",
      "A request that waits 10 s: was answered after 10 s, as it should be",
      "A request that waits 25 s: was answered after 25 s, as it should be",
      "A request that waits 45 s: was answered after 45 s, as it should be",
    ]);
    expect(await app().chat.store.log.newest()).toBe(0);

    const report = await page.getByLabel("For a help desk").inputValue();
    for (const part of [
      await result(page),
      ...(await lines(page)).map((line) => `[ok] ${line}`),
      `Address: ${app().url}/check`,
      `Browser: ${await page.evaluate(() => navigator.userAgent)}`,
      "Date: ",
    ])
      expect(report).toContain(part);
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Copied.").waitFor();
    expect(await page.evaluate(() => String(getSelection()))).toBe(report);
  });

  it("says what a browser lacks, and that the chat works without", async () => {
    const page = await check(60, (page) =>
      page.addInitScript(() => {
        Reflect.deleteProperty(window, "WebSocket");
        Reflect.deleteProperty(window, "EventSource");
      }),
    );
    expect(await result(page)).toBe("The chat works here, by long polling.");
    expect((await lines(page)).slice(0, 2)).toEqual([
      "WebSocket: this browser does not have it; the chat uses long polling, which works",
      "Server-sent events: this browser does not have it; the chat uses long polling, which works",
    ]);
  });

  it("says what a network does to a chat: blocks, holds back, keeps, and cuts", async () => {
    const page = await check(20, async (page) => {
      await page.route(/\/events\?/, () => page.clock.fastForward(5000));
      await page.route(/\/check\/now/, (route) => route.fulfill({ json: { key: "the same" } }));
      await page.routeWebSocket(/\/ws\?/, () => {});
    });
    expect(await result(page)).toBe(
      "The chat works here, by long polling. Requests that wait longer than 10 seconds fail, so it asks more often.",
    );
    expect(await lines(page)).toEqual([
      "WebSocket: held back: nothing came within 5 seconds; the chat uses long polling, which works",
      "Server-sent events: held back: nothing came within 5 seconds; the chat uses long polling, which works",
      "Caching: something on the way keeps answers although it is told not to; the chat gets around that",
      "Sending: works",
      "A request that waits 10 s: was answered after 10 s, as it should be",
      "A request that waits 25 s: was cut after 20 s",
    ]);
    expect(await page.getByLabel("For a help desk").inputValue()).toContain("[--] Caching: ");
  });

  it("says that nothing works where a proxy answers everything", async () => {
    const refuse = (route: Route) => route.fulfill({ status: 502, body: "<h1>Bad Gateway</h1>" });
    const page = await check(60, async (page) => {
      await page.route(/\/(events|check\/|send)/, refuse);
      await page.routeWebSocket(/\/ws\?/, (socket) => socket.close());
    });
    expect(await result(page)).toBe("The chat cannot be reached from here now.");
    expect((await lines(page)).slice(3)).toEqual([
      "Sending: does not work: something on the way answered in place of the chat (status 502)",
      "A request that waits 10 s: ended after 0 s: something on the way answered in place of the chat (status 502)",
      "A request that waits 3 s: ended after 0 s: something on the way answered in place of the chat (status 502)",
    ]);
  });

  it("without script, says so and leads to what can be tried by hand", async () => {
    const { page, complaints } = await visitor(browser, { script: false });
    await page.goto(`${app().url}/check`);
    expect(await result(page)).toContain("none runs here");
    expect(await page.locator("textarea, input").count()).toBe(0);
    await page.getByRole("link", { name: "This shows a message" }).click();
    await page.getByText("Nothing new yet.").waitFor();
    expect(complaints).toEqual([]);
  });
});

async function result(page: Page): Promise<string> {
  return (await page.locator("#result").textContent()) ?? "";
}

function lines(page: Page): Promise<string[]> {
  return page.locator("#lines > li").allTextContents();
}
