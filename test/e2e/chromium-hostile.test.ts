/** Names, texts and titles that try to be markup, in Chromium. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connected, startBrowser, texts, visitor } from "../support/browser.js";
import { makeRoom, say } from "../support/guest.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";

const IMAGE = "<img src=x onerror=ran()>";
const SCRIPT = '"><script>ran()</script>';

describe.skipIf(!tools.chromium)("hostile names and texts", () => {
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), startBrowser()]);
    await makeRoom(server.url, "Gardener", "garden", IMAGE + SCRIPT);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("show as text and are no markup, rendered by the server and by the script", async () => {
    await say(server.url, IMAGE, SCRIPT, "garden");
    const { page, complaints } = await visitor(browser);
    await page.goto(`${server.url}/rooms/garden`);
    await connected(page);
    await say(server.url, SCRIPT, IMAGE, "garden");

    await expect.poll(() => texts(page)).toEqual([IMAGE, SCRIPT]);
    expect(await page.locator("#messages .who").allTextContents()).toEqual([SCRIPT, IMAGE]);
    expect(await page.locator("h1").textContent()).toBe(IMAGE + SCRIPT);
    expect(await foreign(page)).toBe(0);
    // Nothing for the policy to refuse either: it is the second line, not the first.
    expect(complaints).toEqual([]);
  });

  it("show as text on the pages without script, in forms that are given back too", async () => {
    const { page, complaints } = await visitor(browser, { script: false });
    for (const path of ["/", "/rooms/garden", "/rooms/garden/wait"]) {
      await page.goto(server.url + path);
      expect(await page.locator("body").textContent()).toContain(IMAGE);
      expect(await foreign(page)).toBe(0);
    }
    await page.goto(`${server.url}/rooms/garden`);
    await page.getByLabel("Your name").fill("Gardener");
    await page.getByLabel("Message").fill(SCRIPT);
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("alert").getByText("Somebody is using the name").waitFor();
    expect(await page.getByLabel("Message").inputValue()).toBe(SCRIPT);
    expect(await foreign(page)).toBe(0);
    expect(complaints.filter((text) => !text.includes("409 (Conflict)"))).toEqual([]);
  });

  it("would be refused and noticed if they were markup", async () => {
    const { page, complaints } = await visitor(browser);
    await page.goto(`${server.url}/rooms/lobby`);
    await page.evaluate((html) => {
      document.body.innerHTML = html;
    }, IMAGE);
    await expect.poll(() => complaints.join("\n")).toContain("policy: script-src-attr refused inline");
    expect(await foreign(page)).toBe(1);
  });
});

/** Elements that no page of ours has: what was typed has become markup. */
function foreign(page: Page): Promise<number> {
  return page.locator("img, script:not([src])").count();
}
