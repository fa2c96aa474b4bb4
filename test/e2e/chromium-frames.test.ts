/** Without script in Chromium: typing undisturbed in one frame while messages arrive in the other. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enter, signIn, startBrowser, visitor } from "../support/browser.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type Standalone, startStandalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("Chromium without scripts, a room in two frames", () => {
  let server: Standalone;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startStandalone(), startBrowser()]);
    await makeRoom(server.url, "Gardener", "garden", "Garden");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it("keeps a half-typed text while messages arrive, and sends it from its frame", async () => {
    const { page, complaints } = await visitor(browser, { script: false });
    await signIn(page, server.url, "Ana");
    await enter(page, "Lobby");
    await page.getByRole("link", { name: "Write and read side by side" }).click({ noWaitAfter: true });
    const write = page.frameLocator('iframe[title="Write a message"]');
    const live = page.frameLocator('iframe[title="Live messages"]');
    await write.getByLabel("Message as Ana").fill("half a sen");
    await expect.poll(() => server.chat.tail.parked).toBe(1);

    await say(server.url, "Ben", "not for the lobby", "garden");
    await say(server.url, "Ben", "hello Ana");
    await live.getByText("hello Ana", { exact: true }).waitFor();
    expect(await write.getByLabel("Message as Ana").inputValue()).toBe("half a sen");
    expect(await live.getByText("not for the lobby").count()).toBe(0);

    await write.getByLabel("Message as Ana").pressSequentially("tence");
    await write.getByRole("button", { name: "Send" }).click();
    await write.getByText("Sent.").waitFor();
    await live.getByText("half a sentence", { exact: true }).waitFor();
    expect(await write.getByLabel("Message as Ana").inputValue()).toBe("");
    expect(page.url()).toMatch(/\/rooms\/lobby\/frames$/);
    expect((await historyOf(server.url)).map(({ text }) => text)).toEqual(["hello Ana", "half a sentence"]);
    expect(complaints).toEqual([]);
  });
});
