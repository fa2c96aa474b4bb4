/** A message that could not be sent in Chromium: after a reload, a sign-in, a sign-out, it is said and given back, or gone. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { connected, enter, signIn, texts, visitor } from "../support/browser.js";
import { browserChat } from "../support/browser-chat.js";
import { historyOf } from "../support/guest.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("a message that could not be sent", () => {
  const { app, browser } = browserChat();

  const stored = async () => (await historyOf(app().url)).map(({ text }) => text);

  /** A guest in the lobby whose message is on its way, and does not arrive. */
  async function guest(name: string, text: string): Promise<Page> {
    const { page } = await visitor(browser());
    await page.goto(`${app().url}/rooms/lobby`);
    await connected(page);
    let tries = 0;
    await page.route(/\/send$/, (route) => {
      tries += 1;
      return route.abort("connectionrefused");
    });
    await page.getByLabel("Your name").fill(name);
    await write(page, text);
    await expect.poll(() => tries).toBeGreaterThan(0);
    return page;
  }

  /** Leaves the page while nothing gets through, and comes back when everything does. */
  async function back(page: Page): Promise<void> {
    await page.goto("about:blank");
    await page.unrouteAll();
    await page.goto(`${app().url}/rooms/lobby`);
  }

  it("is given back, with why, when it is refused after a reload", async () => {
    const page = await guest("Carla", "long and precious");
    await signIn((await visitor(browser())).page, app().url, "Carla");
    await back(page);
    await page.getByRole("alert").getByText('Somebody is using the name "Carla" now').waitFor();
    expect(await typed(page)).toBe("long and precious");
    await page.getByLabel("Your name").fill("Dora");
    await field(page).press("Enter");
    await expect.poll(() => texts(page)).toEqual(["long and precious"]);
    expect(await typed(page)).toBe("");
    await expect.poll(() => page.locator("#problem").isVisible()).toBe(false);
  });

  it("is said beside what has been typed meanwhile, when it is refused after a reload", async () => {
    const page = await guest("Carla", "long and precious");
    await signIn((await visitor(browser())).page, app().url, "Carla");
    await page.goto("about:blank");
    await page.unrouteAll();
    let letThrough = () => {};
    const typing = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await page.route(/\/send$/, async (route) => {
      await typing;
      await route.continue();
    });
    await page.goto(`${app().url}/rooms/lobby`);
    await field(page).fill("new");
    letThrough();
    await page.getByRole("alert").getByText("It was: “long and precious”").waitFor();
    expect(await typed(page)).toBe("new");
  });

  it("is said to be on its way after a reload", async () => {
    const page = await guest("Carla", "still pending");
    await page.reload();
    await page.getByText("sending…").waitFor();
    await back(page);
    await expect.poll(() => texts(page)).toEqual(["still pending"]);
    expect(await page.locator(".message.mine").count()).toBe(1);
    await connected(page);
  });

  it("of a guest is not sent as who signs in in another tab, and the page says so", async () => {
    const page = await guest("Ana", "Ana's secret");
    await signIn(await page.context().newPage(), app().url, "Bo");
    await back(page);
    await page.getByRole("alert").getByText("You are signed in as somebody else now.").waitFor();
    expect(await typed(page)).toBe("");
    await write(page, "Bo's own");
    await expect.poll(() => texts(page)).toEqual(["Bo's own"]);
    expect(await stored()).toEqual(["Bo's own"]);
  });

  it("and was typed before somebody else signed in stays in its field, with the words", async () => {
    const { page } = await visitor(browser());
    await page.goto(`${app().url}/rooms/lobby`);
    await connected(page);
    await signIn(await page.context().newPage(), app().url, "Bo");
    await page.getByLabel("Your name").fill("Ana");
    await write(page, "Ana's secret");
    await page.getByRole("alert").getByText("You are signed in as somebody else now.").waitFor();
    expect(await typed(page)).toBe("Ana's secret");
    expect(await stored()).toEqual([]);
  });

  it("is gone from other tabs at the sign-out, and what was only typed is not", async () => {
    const { page } = await visitor(browser());
    await signIn(page, app().url, "Ana");
    await enter(page, "Lobby");
    const typing = await page.context().newPage();
    await typing.goto(`${app().url}/rooms/lobby`);
    await field(typing).fill("only typed");
    await page.route(/\/send$/, (route) => route.abort("connectionrefused"));
    await write(page, "private");
    await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBe(1);
    const home = await page.context().newPage();
    await home.goto(`${app().url}/`);
    await home.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("alert").getByText("You have signed out.").waitFor();
    expect(await typed(page)).toBe("");
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(await typed(typing)).toBe("only typed");
  });

  it.each([
    ["apple", (page: Page) => field(page).fill("apple"), "apple"],
    ["pple", (page: Page) => field(page).pressSequentially("pple"), "pple"],
  ])("leaves %s when that took its place or was typed behind it", async (_what, edit, left) => {
    const { page } = await visitor(browser());
    await signIn(page, app().url, "Ana");
    await enter(page, "Lobby");
    await connected(page);
    await page.route(/\/send$/, () => {});
    await write(page, "a");
    await page.getByText("sending…").waitFor();
    await edit(page);
    expect(await typed(page)).toBe("apple");
    await page.unroute(/\/send$/);
    await expect.poll(() => texts(page)).toEqual(["a"]);
    await expect.poll(() => typed(page)).toBe(left);
    await connected(page);
    expect(await typed(page)).toBe(left);
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
