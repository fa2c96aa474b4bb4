/** A chat of its own for each test, and one Chromium for all of a group's. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { startBrowser } from "./browser.js";
import { type Standalone, startStandalone } from "./standalone.js";

/** To be called in a group of tests; what it returns is there while they run. Every page is closed after its test. */
export function browserChat(): { readonly app: () => Standalone; readonly browser: () => Browser } {
  let app: Standalone | null = null;
  let browser: Browser | null = null;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  beforeEach(async () => {
    app = await startStandalone();
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    await app?.close();
  });
  afterAll(() => browser?.close());
  return { app: () => there(app), browser: () => there(browser) };
}

function there<T>(thing: T | null): T {
  if (thing) return thing;
  throw new Error("it has not been started yet");
}
