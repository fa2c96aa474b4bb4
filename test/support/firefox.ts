/** Firefox without a window, by its own remote control; what it shows, and what a person does in it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { MarionetteError, openMarionette } from "./marionette.js";
import { tools } from "./tools.js";

const DEADLINE = { timeout: 8000, interval: 50 };
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const ENTER = "\uE007";

/** Nothing in the background: no updates, no reports, no lists to fetch, no look for a hotel's sign-in page. */
const PREFERENCES: Readonly<Record<string, unknown>> = {
  "marionette.port": 0,
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.newtabpage.enabled": false,
  "browser.region.network.url": "",
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.safebrowsing.update.enabled": false,
  "browser.search.update": false,
  "browser.startup.homepage": "about:blank",
  "browser.startup.page": 0,
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.push.connection.enabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "extensions.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.prefetch-next": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "startup.homepage_welcome_url": "",
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.unified": false,
};

export interface Firefox {
  /** Opens another address than the present one; resolves when its page has begun: an endless one never ends. */
  go(address: string): Promise<void>;
  address(): Promise<string>;
  /** What the page says when a script of ours asks it: the body of a function. Not with scripts off. */
  run(body: string): Promise<unknown>;
  /** The texts of all elements that a selector finds, as they are shown. */
  texts(selector: string): Promise<string[]>;
  /** Waits until the element is there and holds the text. */
  shows(selector: string, text: string): Promise<void>;
  /** Types into a field by keys; `send` presses Enter after it. */
  type(selector: string, text: string, options?: { readonly send: boolean }): Promise<void>;
  click(selector: string): Promise<void>;
  clickLink(words: string): Promise<void>;
  /** Everything that follows looks into the frame with this title, until `leaveFrame`. */
  enterFrame(title: string): Promise<void>;
  leaveFrame(): Promise<void>;
  close(): Promise<void>;
}

export async function startFirefox({ script = true } = {}): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), "parkbench-firefox-"));
  const preferences = Object.entries({ ...PREFERENCES, "javascript.enabled": script });
  const lines = preferences.map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const child = spawn(
    tools.firefox ?? "",
    ["--headless", "--marionette", "--no-remote", "--profile", profile, "about:blank"],
    { env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" }, stdio: "ignore" },
  );
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = async () => {
    child.kill("SIGKILL");
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    const { call, close } = await openMarionette(await portOf(profile));
    await call("WebDriver:NewSession", { pageLoadStrategy: "none" });
    return {
      ...hands(call),
      async close() {
        close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Firefox takes a free port and writes it into its profile. */
async function portOf(profile: string): Promise<number> {
  const read = () => {
    try {
      return Number(readFileSync(join(profile, "MarionetteActivePort"), "utf8"));
    } catch {
      return 0;
    }
  };
  return vi.waitUntil(read, { timeout: 25_000, interval: 50 });
}

function hands(call: (command: string, parameters?: Record<string, unknown>) => Promise<unknown>) {
  const all = async (using: string, value: string) =>
    ((await call("WebDriver:FindElements", { using, value })) as Record<string, string>[]).map(
      (found) => found[ELEMENT] ?? "",
    );

  /** The page may be replaced between finding an element and touching it: then both are done again. */
  async function touch(using: string, value: string, act: (id: string) => Promise<unknown>): Promise<void> {
    const attempt = () =>
      again(async () => {
        const [id] = await all(using, value);
        if (id === undefined) return false;
        await act(id);
        return true;
      }, false);
    await expect.poll(attempt, { ...DEADLINE, message: `${using} ${value}` }).toBe(true);
  }

  const address = async () => String(await call("WebDriver:GetCurrentURL"));
  const texts = (selector: string) =>
    again(async () => {
      const found: string[] = [];
      for (const id of await all("css selector", selector))
        found.push(String(await call("WebDriver:GetElementText", { id })));
      return found;
    }, []);

  return {
    async go(url: string) {
      await call("WebDriver:Navigate", { url });
      await expect.poll(address, DEADLINE).toBe(url);
    },
    address,
    run: (body: string) => call("WebDriver:ExecuteScript", { script: body, args: [] }),
    texts,
    async shows(selector: string, text: string) {
      const shown = async () => (await texts(selector)).join("\n");
      await expect.poll(shown, { ...DEADLINE, message: selector }).toContain(text);
    },
    type: (selector: string, text: string, { send } = { send: false }) =>
      touch("css selector", selector, (id) =>
        call("WebDriver:ElementSendKeys", { id, text: text + (send ? ENTER : "") }),
      ),
    click: (selector: string) =>
      touch("css selector", selector, (id) => call("WebDriver:ElementClick", { id })),
    clickLink: (words: string) => touch("link text", words, (id) => call("WebDriver:ElementClick", { id })),
    enterFrame: (title: string) =>
      touch("css selector", `iframe[title="${title}"]`, (id) =>
        call("WebDriver:SwitchToFrame", { element: { [ELEMENT]: id } }),
      ),
    leaveFrame: async () => void (await call("WebDriver:SwitchToFrame", { element: null })),
  };
}

/** Runs it; `otherwise` when the page went away meanwhile. */
async function again<T>(run: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const passing = ["stale element reference", "no such element", "no such window", "unknown error"];
    if (error instanceof MarionetteError && passing.includes(error.code)) return otherwise;
    throw error;
  }
}
