/** Chromium that gets no cookie, with scripts off and on: a name, a message, an answer, under that name. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signIn, startBrowser, texts, visitor } from "../support/browser.js";
import { historyOf, say } from "../support/guest.js";
import { type Standalone, startStandalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

/** As if the browser refused every cookie: none arrives there. */
function withholdCookies({ server }: Standalone): void {
  server.prependListener("request", (_req, res) => {
    const writeHead = res.writeHead;
    res.writeHead = ((...args: Parameters<typeof writeHead>) => {
      res.removeHeader("Set-Cookie");
      return writeHead.apply(res, args);
    }) as typeof writeHead;
  });
}

describe.skipIf(!tools.chromium)("Chromium without cookies", () => {
  let server: Standalone;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startStandalone(), startBrowser()]);
    withholdCookies(server);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each([
    ["off", "Ana"],
    ["on", "Bo"],
  ])("scripts %s: %s posts, waits for an answer, and posts again", async (scripts, name) => {
    const { page, complaints } = await visitor(browser, { script: scripts === "on" });
    await signIn(page, server.url, name);
    await page.getByRole("button", { name: "Lobby" }).click();
    await page.getByLabel(`Message as ${name}`).fill(`${name}: one`);
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("#messages").getByText(`${name}: one`).waitFor();

    await page.getByRole("button", { name: "Wait for new messages" }).click({ noWaitAfter: true });
    await expect.poll(() => server.chat.tail.parked).toBe(1);
    await say(server.url, "Ben", `hello ${name}`);
    await page.locator("#messages").getByText(`hello ${name}`).waitFor();
    await page.getByLabel(`Message as ${name}`).fill(`${name}: two`);
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("#messages").getByText(`${name}: two`).waitFor();

    expect((await texts(page)).slice(0, 3)).toEqual([`${name}: two`, `hello ${name}`, `${name}: one`]);
    const authors = (await historyOf(server.url)).filter(({ text }) => text.startsWith(`${name}: `));
    expect(authors.map(({ from }) => from.name)).toEqual([name, name]);
    expect(await page.context().cookies()).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
