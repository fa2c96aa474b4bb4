/** A page in Chromium whose server goes away and comes back. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { connected, enter, signIn, startBrowser, visitor } from "../support/browser.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { test } from "../support/own-server.js";
import { tools } from "../support/tools.js";

const RECONNECTING = "reconnecting…";

describe.skipIf(!tools.chromium)("a page whose server is away", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser?.close());

  test.for(["SIGKILL", "SIGTERM"] as const)(
    "says so, keeps what is typed, and misses and doubles nothing when it is back (%s)",
    { timeout: 40_000 },
    async (signal, { start }) => {
      const [first, second] = await Promise.all([start(), start()]);
      await makeRoom(second.url, "Gardener", "garden", "Garden");
      const { page, complaints } = await visitor(browser);
      // Pauses between tries are random; with these the test takes about as long each time.
      await page.addInitScript(() => {
        Math.random = () => 0.3;
      });
      await signIn(page, first.url, "Ana");
      await enter(page, "Lobby");
      await say(first.url, "Ben", "before");
      await page.getByText("before").waitFor();
      await connected(page);

      await first.stop(signal);
      await expect.poll(() => status(page), { timeout: 8000 }).toBe(RECONNECTING);
      await write(page, "typed while it was away");
      for (const count of [1, 2, 3]) await say(second.url, "Ben", `while it was away, ${count}`);
      await say(second.url, "Ben", "not for the lobby", "garden");
      expect(await typed(page)).toBe("typed while it was away");
      expect(await page.getByText("while it was away").count()).toBe(0);

      await start({ port: first.port });
      await expect.poll(() => typed(page), { timeout: 15_000 }).toBe("");
      await say(second.url, "Ben", "after");
      await page.getByText("after", { exact: true }).waitFor();
      await connected(page);

      const rows = (await historyOf(second.url)).map(({ id, text }) => `m${id} ${text}`);
      expect(rows).toHaveLength(6);
      expect((await shown(page)).reverse()).toEqual(rows);
      expect(complaints.filter((line) => !line.includes("net::ERR_"))).toEqual([]);
    },
  );

  test("shows what is sent as soon as the server is back, however long it meant to pause", async ({
    start,
  }) => {
    const { url } = await start();
    const { page } = await visitor(browser);
    // The pause is random: this one would outlast the test.
    await page.addInitScript(() => {
      Math.random = () => 60;
    });
    await page.routeWebSocket(/\/ws\?/, (socket) => socket.close());
    const refused = page.waitForEvent("requestfailed", (request) => request.url().includes("/poll?"));
    await page.route(/\/(events|poll)\?/, (route) => route.abort("connectionrefused"));
    await page.goto(`${url}/rooms/lobby`);
    await refused;
    expect(await status(page)).toBe("connecting…");
    await page.unrouteAll();
    await page.getByLabel("Your name").fill("Ana");
    await write(page, "is it back?");
    await page.getByText("is it back?").waitFor({ timeout: 3000 });
  });

  test("sends what could not be sent as soon as it is connected again", async ({ start }) => {
    const first = await start();
    const { page } = await visitor(browser);
    await page.goto(`${first.url}/rooms/lobby`);
    await page.getByLabel("Your name").fill("Ana");
    await connected(page);
    // After the send a pause that would outlast the test, before connecting again a short one.
    await page.evaluate(() => {
      Math.random = () => 60;
    });
    await page.route(/\/send/, (route) => route.abort("connectionrefused"));
    await write(page, "sent when the way is open");
    await expect.poll(() => status(page)).toBe("sending…");
    await page.evaluate(() => {
      Math.random = () => 0;
    });
    await page.unrouteAll();
    await first.stop("SIGKILL");
    await start({ port: first.port });
    await page.getByText("sent when the way is open").waitFor({ timeout: 5000 });
    expect(await historyOf(first.url)).toHaveLength(1);
  });

  test("stores once what is sent again because the answer to it was lost", async ({ start }) => {
    const { url } = await start();
    const { page } = await visitor(browser);
    await page.goto(`${url}/rooms/lobby`);
    const answers: number[] = [];
    await page.route(/\/send/, async (route) => {
      const response = await route.fetch();
      answers.push(response.status());
      await (answers.length === 1 ? route.abort("connectionreset") : route.fulfill({ response }));
    });
    await page.getByLabel("Your name").fill("Ana");
    await write(page, "once");
    await expect.poll(() => answers, { timeout: 5000 }).toEqual([201, 200]);
    await expect.poll(() => typed(page)).toBe("");
    await expect.poll(() => shown(page)).toEqual(["m1 once"]);
    expect(await historyOf(url)).toHaveLength(1);
  });
});

async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message").fill(text);
  await page.getByLabel("Message").press("Enter");
}

function typed(page: Page): Promise<string> {
  return page.getByLabel("Message").inputValue();
}

function status(page: Page): Promise<string | null> {
  return page.getByRole("status").textContent();
}

/** Id and text of every message on the page, as they are shown: newest first. */
function shown(page: Page): Promise<string[]> {
  return page
    .locator("#messages > li")
    .evaluateAll((items) => items.map((item) => `${item.id} ${item.querySelector(".text")?.textContent}`));
}
