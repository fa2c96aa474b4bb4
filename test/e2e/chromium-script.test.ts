/** What a person does and sees in Chromium with scripts on. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connected, enter, signIn, startBrowser, texts, visitor } from "../support/browser.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("Chromium with scripts", () => {
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), startBrowser()]);
    await makeRoom(server.url, "Gardener", "garden", "Garden");
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("lets a person give a name, enter a room and send without loading the page again", async () => {
    const { page, complaints } = await visitor(browser);
    await signIn(page, server.url, "Ana");
    await enter(page, "Lobby");
    await page.evaluate(() => document.body.setAttribute("data-loaded", "once"));

    await page.getByLabel("Message as Ana").fill("typed, then Enter");
    await page.getByLabel("Message as Ana").press("Enter");
    await expect.poll(() => texts(page)).toEqual(["typed, then Enter"]);
    expect(await page.getByLabel("Message as Ana").inputValue()).toBe("");
    await page.getByLabel("Message as Ana").fill("and by the button");
    await page.getByRole("button", { name: "Send" }).click();

    await expect.poll(() => texts(page)).toEqual(["and by the button", "typed, then Enter"]);
    expect(await page.locator(".message.mine").count()).toBe(2);
    expect(await page.locator("body").getAttribute("data-loaded")).toBe("once");
    expect((await historyOf(server.url)).map(({ text }) => text)).toEqual([
      "typed, then Enter",
      "and by the button",
    ]);
    expect(complaints).toEqual([]);
  });

  it("shows what somebody else posts within a second, and nothing of another room", async () => {
    const { page, complaints } = await visitor(browser);
    await page.goto(`${server.url}/rooms/garden`);
    await connected(page);

    await say(server.url, "Ben", "not for the garden", "lobby");
    const posted = performance.now();
    await say(server.url, "Ben", "the roses are out", "garden");
    await page.getByText("the roses are out").waitFor();
    expect(performance.now() - posted).toBeLessThan(1000);
    // A later message of the same room: by now the lobby's would be here.
    await say(server.url, "Ben", "and the lilac", "garden");
    await expect.poll(() => texts(page)).toEqual(["and the lilac", "the roses are out"]);
    expect(complaints).toEqual([]);
  });

  it("lets two people talk, and both see the same in the same order", async () => {
    const [cleo, dan] = await Promise.all([visitor(browser), visitor(browser)]);
    await signIn(cleo.page, server.url, "Cleo");
    await signIn(dan.page, server.url, "Dan");
    await Promise.all([enter(cleo.page, "Lobby"), enter(dan.page, "Lobby")]);

    await cleo.page.getByLabel("Message as Cleo").fill("are you there, Dan?");
    await cleo.page.getByLabel("Message as Cleo").press("Enter");
    await dan.page.getByText("are you there, Dan?").waitFor();
    await dan.page.getByLabel("Message as Dan").fill("here, Cleo");
    await dan.page.getByLabel("Message as Dan").press("Enter");
    await cleo.page.getByText("here, Cleo").waitFor();

    expect((await texts(cleo.page)).slice(0, 2)).toEqual(["here, Cleo", "are you there, Dan?"]);
    expect(await texts(dan.page)).toEqual(await texts(cleo.page));
    expect(await dan.page.locator(".message.mine .text").allTextContents()).toEqual(["here, Cleo"]);
    expect([...cleo.complaints, ...dan.complaints]).toEqual([]);
  });

  it("keeps the text and says what to do when the server refuses it, and sends it once that is done", async () => {
    const { page } = await visitor(browser);
    await page.goto(`${server.url}/rooms/lobby`);
    expect(await page.locator("#problem").isVisible()).toBe(false);
    await page.getByLabel("Your name").fill("Gardener");
    await page.getByLabel("Message").fill("worth keeping");
    await page.getByRole("button", { name: "Send" }).click();

    await page.getByRole("alert").getByText('Somebody is using the name "Gardener" now').waitFor();
    expect(await page.getByLabel("Message").inputValue()).toBe("worth keeping");
    expect(await texts(page)).not.toContain("worth keeping");

    await page.getByLabel("Your name").fill("Eve");
    await page.getByLabel("Your name").press("Enter");
    await page.getByText("worth keeping").waitFor();
    await expect.poll(() => page.locator("#problem").isVisible()).toBe(false);
    expect((await historyOf(server.url)).filter(({ text }) => text === "worth keeping")).toHaveLength(1);
  });
});
