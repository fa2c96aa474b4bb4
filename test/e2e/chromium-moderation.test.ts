/** A moderator in Chromium, with scripts and without: removes, mutes and bans; and what an open page of another's shows. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { admin } from "../support/admin.js";
import { connected, enter, signIn, startBrowser, texts, visitor } from "../support/browser.js";
import { say } from "../support/guest.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("Chromium", () => {
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), startBrowser()]);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function codeFor(name: string): Promise<string> {
    const { out } = await admin(server.database, ["moderator", name]);
    return out.split("\n")[0] ?? "";
  }

  it("without scripts: a code makes a moderator, who removes, mutes and lifts by forms", async () => {
    const { page, complaints } = await visitor(browser, { script: false });
    await say(server.url, "Ana", "an ugly word");
    await say(server.url, "Ana", "a kind word");
    await signIn(page, server.url, "Mia");
    await page.getByRole("link", { name: "Moderation" }).click();
    await page.getByLabel("The code").fill("WRONG");
    await page.getByRole("button", { name: "Become a moderator" }).click();
    await page.getByRole("alert").getByText("This code is wrong").waitFor();
    await page.getByLabel("The code").fill(await codeFor("Mia"));
    await page.getByRole("button", { name: "Become a moderator" }).click();
    await page.getByText("You moderate as Mia").waitFor();

    await page.getByRole("link", { name: "All rooms" }).click();
    await enter(page, "Lobby");
    await page.locator(".message", { hasText: "an ugly word" }).getByRole("button").click();
    await page.locator(".message.removed").waitFor();
    expect(await texts(page)).toEqual(["a kind word", "(removed)"]);

    await page.getByRole("link", { name: "Moderation" }).click();
    await page.getByLabel("Whom").fill("Ana");
    await page.getByLabel("For how many minutes").fill("ten");
    await page.getByRole("button", { name: "Do it" }).click();
    await page.getByRole("alert").getByText("must be a whole number").waitFor();
    expect(await page.getByLabel("Whom").inputValue()).toBe("Ana");
    await page.getByLabel("For how many minutes").fill("10");
    await page.getByRole("button", { name: "Do it" }).click();
    await page.getByText("Muted: name ana, until").waitFor();
    await expect(say(server.url, "Ana", "one more")).rejects.toThrow("muted");
    await page.getByRole("button", { name: "Lift it" }).click();
    await page.getByText("Nobody.").waitFor();
    expect(await say(server.url, "Ana", "one more")).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Close lobby" }).click();
    await page.getByRole("button", { name: "Open lobby" }).click();
    await page.getByRole("button", { name: "Close lobby" }).waitFor();
    expect(complaints.filter((text) => !/status of (403|400)/.test(text))).toEqual([]);
  });

  it("with scripts: a text vanishes from pages that are open, and a button comes with each new message", async () => {
    const [mia, bob] = [await visitor(browser), await visitor(browser)];
    await signIn(mia.page, server.url, "Moira");
    await mia.page.goto(`${server.url}/moderation`);
    await mia.page.getByLabel("The code").fill(await codeFor("Moira"));
    await mia.page.getByRole("button", { name: "Become a moderator" }).click();
    await mia.page.getByText("You moderate as").waitFor();
    await signIn(bob.page, server.url, "Bob");
    for (const { page } of [mia, bob]) {
      await page.goto(`${server.url}/rooms/lobby`);
      await connected(page);
    }
    await say(server.url, "Cy", "this must go");
    await say(server.url, "Cy", "this may stay");
    for (const { page } of [mia, bob]) await page.getByText("this may stay").waitFor();
    expect(await bob.page.getByRole("button", { name: "Remove" }).count()).toBe(0);
    await bob.page.getByLabel("Message as Bob").fill("half a thought");

    const hers = mia.page.getByLabel("Message as Moira");
    await hers.fill("another half");
    await mia.page.locator(".message", { hasText: "this must go" }).getByRole("button").click();
    await mia.page.waitForURL("**/rooms/lobby?m=*");
    await connected(mia.page);
    expect(await hers.inputValue()).toBe("another half");
    // Once: what she does with it from now on is hers to say.
    await hers.fill("");
    await mia.page.reload();
    await connected(mia.page);
    expect(await hers.inputValue()).toBe("");
    await bob.page.locator(".message.removed", { hasText: "Cy" }).first().waitFor();
    expect((await texts(bob.page)).slice(0, 2)).toEqual(["this may stay", "(removed)"]);
    expect(await bob.page.getByLabel("Message as Bob").inputValue()).toBe("half a thought");
    expect([...mia.complaints, ...bob.complaints]).toEqual([]);
  });

  it("with scripts: who is banned is told so on the open page, and asks no more", async () => {
    const [bad, good] = [await visitor(browser), await visitor(browser)];
    await signIn(bad.page, server.url, "Bad");
    await signIn(good.page, server.url, "Good");
    for (const { page } of [bad, good]) {
      await enter(page, "Lobby");
      await connected(page);
    }
    await admin(server.database, ["ban", "name", "Bad", "--reason", "noise"]);
    await bad.page
      .getByRole("alert")
      .getByText("You are banned from this chat. The reason given: noise.")
      .waitFor();
    await bad.page.getByText("not connected", { exact: true }).waitFor();
    let requests = 0;
    bad.page.on("request", () => (requests += 1));
    await say(server.url, "Cy", "after the ban");
    await good.page.getByText("after the ban").waitFor();
    expect(await texts(bad.page)).not.toContain("after the ban");
    expect([requests, good.complaints]).toEqual([0, []]);
    await bad.page.reload();
    await bad.page.getByText("You are banned from this chat").waitFor();
  });
});
