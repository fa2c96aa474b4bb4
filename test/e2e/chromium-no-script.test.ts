/** What a person does and sees in Chromium with scripts off. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { enter, signIn, startBrowser, texts, visitor } from "../support/browser.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("Chromium without scripts", () => {
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

  it("lets a person sign in, make a room, post in it, and sign out", async () => {
    const { page, complaints } = await visitor(browser, { script: false });
    await signIn(page, server.url, "Ana");
    await page.getByLabel("Title").fill("Tea & cake");
    await page.getByLabel("Name in its address").fill("tea");
    await page.getByRole("button", { name: "Make the room" }).click();
    await page.getByRole("heading", { name: "Tea & cake" }).waitFor();
    for (const text of ["one", "two"]) {
      await page.getByLabel("Message as Ana").fill(text);
      await page.getByRole("button", { name: "Send" }).click();
      await page.locator("#messages").getByText(text, { exact: true }).waitFor();
    }

    expect(await texts(page)).toEqual(["two", "one"]);
    expect(page.url()).toMatch(/\/rooms\/tea\?m=\d+$/);
    // Reload and back repeat no post: the answer to it was a redirect.
    await page.reload();
    expect(await historyOf(server.url, "tea")).toHaveLength(2);
    await page.getByRole("link", { name: "All rooms" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Start" }).waitFor();
    expect(await page.getByText("You are").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("takes a message with a name beside it, keeps it when the name is taken, and stores it once", async () => {
    const { page, complaints } = await visitor(browser, { script: false });
    await page.goto(`${server.url}/rooms/lobby`);
    await page.getByLabel("Your name").fill("Gardener");
    await page.getByLabel("Message").fill("kept <b>as typed</b>");
    await page.getByRole("button", { name: "Send" }).click();

    await page.getByRole("alert").getByText('Somebody is using the name "Gardener" now').waitFor();
    expect(await page.getByLabel("Message").inputValue()).toBe("kept <b>as typed</b>");
    expect(await page.getByLabel("Your name").inputValue()).toBe("Gardener");
    expect(await texts(page)).not.toContain("kept <b>as typed</b>");

    await page.getByLabel("Your name").fill("Ben");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("kept <b>as typed</b>").waitFor();
    const kept = (await historyOf(server.url)).filter(({ text }) => text === "kept <b>as typed</b>");
    expect(kept.map(({ from }) => from.name)).toEqual(["Ben"]);
    expect(complaints.filter((line) => !line.includes("409 (Conflict)"))).toEqual([]);
  });

  it("shows on the waiting page what somebody posts while it waits, and again after its refresh", async () => {
    const { page, complaints } = await visitor(browser, { script: false });
    const waits: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/wait?")) waits.push(request.url());
    });
    await page.goto(`${server.url}/`);
    await enter(page, "Garden");
    await page.getByRole("link", { name: "Wait for new messages" }).click({ noWaitAfter: true });
    await expect.poll(() => waits.length).toBe(1);
    await say(server.url, "Ben", "not for the garden", "lobby");
    await say(server.url, "Ben", "the first while it waits", "garden");

    await page.getByText("1 new message.").waitFor();
    expect(await texts(page)).toEqual(["the first while it waits"]);
    expect(waits).toHaveLength(1);

    // The page asks again by itself, and the old one stays on the screen until there is an answer.
    await expect.poll(() => waits.length, { timeout: 5000 }).toBe(2);
    await say(server.url, "Ben", "the second while it waits", "garden");
    await page.getByText("the second while it waits").waitFor();
    expect(await page.locator(".fresh .text").allTextContents()).toEqual(["the second while it waits"]);
    expect(await texts(page)).toEqual(["the second while it waits", "the first while it waits"]);
    expect(waits).toHaveLength(2);
    await page.getByRole("link", { name: "Write a message" }).click();
    await page.getByRole("button", { name: "Send" }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("leads to every older message by links, each once, and back", async () => {
    await makeRoom(server.url, "Librarian", "shelf", "Shelf");
    const said = Array.from({ length: 120 }, (_, index) => `book ${index + 1}`);
    for (const text of said) await say(server.url, "Ben", text, "shelf");
    const { page, complaints } = await visitor(browser, { script: false });
    await page.goto(`${server.url}/rooms/shelf`);

    const read = await texts(page);
    while ((await page.getByRole("link", { name: "Older messages" }).count()) > 0) {
      const oldest = read.at(-1) ?? "";
      await page.getByRole("link", { name: "Older messages" }).first().click();
      await page.getByText(oldest, { exact: true }).waitFor({ state: "detached" });
      read.push(...(await texts(page)));
    }
    expect(read.reverse()).toEqual(said);
    await page.getByRole("link", { name: "Newest messages" }).click();
    await page.getByText("book 120").waitFor();
    expect(complaints).toEqual([]);
  });
});
