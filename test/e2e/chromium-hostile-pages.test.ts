/** Every page full of markup, in Chromium: by its policy as served, and with none, so that escaping alone must hold. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connected, startBrowser, texts, visitor } from "../support/browser.js";
import { addRows, fill, HARMLESS, HOSTILE } from "../support/hostile.js";
import { signIn } from "../support/member.js";
import { type Audit, audit, watchFor } from "../support/page-audit.js";
import { type Standalone, standalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

const SIGNED_IN = '"><img src=/ran onerror=ran()>';

/** Playwright's way to fill a form, without the lengths that only an honest browser keeps. */
async function fillAndSend(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  await page.evaluate((fields) => {
    for (const [name, value] of Object.entries(fields))
      (document.querySelector(`#send [name=${name}]`) as HTMLInputElement).value = value;
  }, fields);
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name: "Send" }).click()]);
}

/** What a harmless page is made of, by test: no policy changes it. */
const tameAudits = new Map<string, Audit>();

describe.skipIf(!tools.chromium).each([
  ["as served", true],
  ["bypassed", false],
])("with the policy %s", (how, policy) => {
  const wild = standalone();
  const tame = standalone();
  let browser: Browser;

  beforeAll(async () => {
    fill(wild(), HOSTILE);
    fill(tame(), HARMLESS);
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser?.close());

  /** The same in a chat full of markup and in one that is harmless: what both pages are made of must be the same. */
  async function both(
    act: (page: Page, app: Standalone, words: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const visit = async (app: Standalone, words: readonly string[]) => {
      const { page, complaints } = await visitor(browser, { policy });
      const seen = await watchFor(page, app.url);
      await act(page, app, words);
      const audited = await audit(page);
      expect(await seen()).toEqual([]);
      expect(complaints.filter((line) => !/status of 4\d\d/.test(line))).toEqual([]);
      return audited;
    };
    const hostile = await visit(wild(), HOSTILE);
    const name = expect.getState().currentTestName?.replace(how, "") ?? "";
    const harmless = tameAudits.get(name) ?? (await visit(tame(), HARMLESS));
    tameAudits.set(name, harmless);
    expect(hostile).toEqual(harmless);
    expect(harmless.attributes.filter((name) => / on/.test(name))).toEqual([]);
    expect(harmless.targets.filter((target) => !/^\w+ \//.test(target))).toEqual([]);
    expect(harmless.isolation.every((value) => value === "isolate")).toBe(true);
  }

  it.each([
    "/",
    "/rooms/full/wait?since=0",
    "/rooms/full/frames",
    "/rooms/full/write",
    "/rooms/room-7",
    "/check",
  ])("%s runs nothing, loads nothing and has no element that is not ours", (path) =>
    both(async (page, app) => {
      await page.goto(app.url + path, { waitUntil: path.endsWith("frames") ? "domcontentloaded" : "load" });
      await page.locator("h1").waitFor();
    }),
  );

  it("neither does the endless page, when it opens and as it grows", () =>
    both(async (page, app, words) => {
      await page.goto(`${app.url}/rooms/full/live`, { waitUntil: "commit" });
      await page
        .locator("#messages li")
        .nth(words.length - 1)
        .waitFor();
      const before = await page.locator("#messages li").count();
      addRows(app, words);
      await expect.poll(() => page.locator("#messages li").count()).toBe(before + words.length);
    }));

  it.each([
    ["WebSocket", []],
    ["server-sent events", ["WebSocket"]],
    ["long polling", ["WebSocket", "EventSource"]],
  ])("nor does the room's page, live by %s", (transport, missing) =>
    both(async (page, app, words) => {
      await page.addInitScript((names) => {
        for (const name of names) Reflect.deleteProperty(window, name);
      }, missing);
      await page.goto(`${app.url}/rooms/full`);
      expect(await connected(page)).toContain(`connected by ${transport}`);
      const before = await page.locator("#messages li").count();
      addRows(app, words);
      await expect.poll(() => page.locator("#messages li").count()).toBe(before + words.length);
      // Two of them hold what no page can: a NUL, and a carriage return where the server's markup has it.
      const shown = (await texts(page)).slice(0, words.length).reverse();
      expect(shown.filter((text, n) => text !== words[n]).length).toBeLessThanOrEqual(2);
    }),
  );

  it(
    "nor does what is given back: by the form, by its own page, by a problem's page, by the script",
    () =>
      both(async (page, app, words) => {
        const plain = words.filter((word) => !/[\0\r\n]/.test(word));
        for (const [n, word] of plain.slice(0, 6).entries()) {
          const ways = [
            { name: "admin", text: word },
            { name: word.slice(0, 45).padEnd(45, "x"), text: word },
            { name: "Ana", text: word, room: "nowhere" },
          ];
          await page.goto(`${app.url}/rooms/full/write`);
          await fillAndSend(page, ways[n % ways.length] ?? {});
          expect(await page.locator("#text").inputValue()).toBe(word);
          const { tags } = await audit(page);
          expect([tags.img, tags.svg, tags.iframe, tags.script]).toEqual([
            undefined,
            undefined,
            undefined,
            undefined,
          ]);
        }
        await page.goto(`${app.url}/rooms/room-1`);
        await connected(page);
        await page.getByLabel("Your name").fill("admin");
        await page.getByLabel("Message").fill(words[1] ?? "");
        await page.getByRole("button", { name: "Send" }).click();
        await page.getByRole("alert").getByText("reserved").waitFor();
        expect(await page.getByLabel("Message").inputValue()).toBe(words[1]);
      }),
    60_000,
  );

  it("nor do the pages of somebody whose name it is", () =>
    both(async (page, app) => {
      const { cookie } = await signIn(app.url, app === wild() ? SIGNED_IN : "Ana");
      const [name = "", value = ""] = cookie.split("=");
      await page.context().addCookies([{ name, value, url: app.url }]);
      for (const path of ["/rooms/full/write", "/rooms/full", "/"]) await page.goto(app.url + path);
      await page.getByText(`You are ${app === wild() ? SIGNED_IN : "Ana"}.`).waitFor();
    }));

  it("and all of this would be noticed: of the same words as markup, some run and some are elements", async () => {
    const { page } = await visitor(browser, { policy });
    const seen = await watchFor(page, wild().url);
    await page.goto(`${wild().url}/rooms/room-0`);
    const before = await audit(page);
    await page.evaluate((html) => {
      document.body.innerHTML = html;
    }, HOSTILE.join("\n"));
    await expect.poll(seen).toContain(policy ? `asked for ${wild().url}/ran` : "a script ran");
    const after = await audit(page);
    expect(after.tags.img).toBeGreaterThan(before.tags.img ?? 0);
    expect(after.attributes.filter((name) => / on/.test(name)).length).toBeGreaterThan(0);
    expect(after.targets.some((target) => /javascript:|ran/.test(target))).toBe(true);
  });
});
