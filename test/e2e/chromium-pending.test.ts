/** A message that is on its way in Chromium: what is typed meanwhile, a reload, a sign-out. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { connected, enter, signIn, texts, visitor } from "../support/browser.js";
import { browserChat } from "../support/browser-chat.js";
import { historyOf } from "../support/guest.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("a message on its way", () => {
  const { app, browser } = browserChat();

  /** Ana in the lobby, whose sends arrive when they are let through. */
  async function ana(): Promise<{ page: Page; tries: () => number; letThrough: () => Promise<void> }> {
    const { page } = await visitor(browser());
    await signIn(page, app().url, "Ana");
    await enter(page, "Lobby");
    await connected(page);
    let tries = 0;
    await page.route(/\/send$/, () => {
      tries += 1;
    });
    return { page, tries: () => tries, letThrough: () => page.unroute(/\/send$/) };
  }

  const stored = async () => (await historyOf(app().url)).map(({ text }) => text);

  it("stays in its field, and what is typed on behind it stays when it has arrived", async () => {
    const { page, letThrough } = await ana();
    await write(page, "first");
    await page.getByText("sending…").waitFor();
    expect(await typed(page)).toBe("first");
    await field(page).pressSequentially(" and second");
    await letThrough();
    await expect.poll(() => typed(page)).toBe(" and second");
    await connected(page);
    expect(await texts(page)).toEqual(["first"]);
    expect(await stored()).toEqual(["first"]);
  });

  it("leaves a text alone that has taken its place, and sends it after itself when asked to", async () => {
    const { page, letThrough } = await ana();
    await write(page, "first");
    await write(page, "something else");
    await letThrough();
    await expect.poll(() => texts(page)).toEqual(["something else", "first"]);
    await expect.poll(() => typed(page)).toBe("");
    expect(await stored()).toEqual(["first", "something else"]);
  });

  it("is said to be when it takes long, and no more when it has arrived", async () => {
    const { page, letThrough } = await ana();
    await page.clock.install();
    await write(page, "patience");
    await page.clock.fastForward(15_000);
    await page.getByRole("alert").getByText("Not sent yet.").waitFor();
    await letThrough();
    await expect.poll(() => page.locator("#problem").isVisible()).toBe(false);
    expect(await stored()).toEqual(["patience"]);
  });

  it("survives a reload, and arrives once", async () => {
    const { page, tries, letThrough } = await ana();
    await write(page, "kept over a reload");
    await expect.poll(tries).toBe(1);
    await page.reload();
    await expect.poll(tries).toBe(2);
    expect(await stored()).toEqual([]);
    // Some browsers give a field its text back.
    await field(page).fill("kept over a reload");
    await letThrough();
    await page.getByText("kept over a reload").waitFor();
    await expect.poll(() => typed(page)).toBe("");
    expect(await page.locator(".message.mine").count()).toBe(1);
    // One more: by now a second copy would be here.
    await write(page, "after it");
    await expect.poll(() => texts(page)).toEqual(["after it", "kept over a reload"]);
    expect(await stored()).toEqual(["kept over a reload", "after it"]);
  });

  it("is not sent by somebody else who has signed in meanwhile in another tab", async () => {
    const { page, tries, letThrough } = await ana();
    await write(page, "Ana's alone");
    await expect.poll(tries).toBe(1);
    const other = await page.context().newPage();
    await other.goto(`${app().url}/`);
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.getByRole("button", { name: "Start" }).waitFor();
    await signIn(other, app().url, "Bo");
    await page.reload();
    await connected(page);
    await letThrough();
    await write(page, "Bo's own");
    await expect.poll(() => texts(page)).toEqual(["Bo's own"]);
    expect(await stored()).toEqual(["Bo's own"]);
  });

  it("is forgotten at sign-out: nobody sends it who comes after", async () => {
    const { page, letThrough } = await ana();
    await write(page, "not for the next one");
    await page.goto(`${app().url}/`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Start" }).waitFor();
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
    await letThrough();
    await signIn(page, app().url, "Bo");
    await enter(page, "Lobby");
    await write(page, "the next one's own");
    await expect.poll(() => texts(page)).toEqual(["the next one's own"]);
    expect(await stored()).toEqual(["the next one's own"]);
  });
});

function field(page: Page) {
  return page.getByLabel("Message");
}

async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

function typed(page: Page): Promise<string> {
  return field(page).inputValue();
}
