/** What a person does and sees in QtWebKit, in full and with what still older engines lack removed. */
import { afterEach, describe, expect, it } from "vitest";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type QtWebKit, startQtWebKit } from "../support/qtwebkit.js";
import { standalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

const SOON = { timeout: 8000, interval: 50 };

interface Engine {
  readonly without: readonly string[];
  readonly status: string;
}

/** Like Safari before 15.4, it does not count ws: as 'self' in the page's policy, and so refuses the WebSocket. */
const REFUSED = "connected by server-sent events: WebSocket was blocked";
const ES6 = ["Promise", "Symbol", "Map", "Set", "WeakMap", "WeakSet", "Proxy"];
const ENGINES: Readonly<Record<string, Engine>> = {
  "as it is": { without: [], status: REFUSED },
  "without ES6": { without: ES6, status: REFUSED },
  "without ES6, WebSocket and EventSource": {
    without: [...ES6, "WebSocket", "EventSource"],
    status: "connected by long polling: WebSocket is missing in this browser",
  },
};

describe.skipIf(!tools.qtwebkit)("QtWebKit", () => {
  const app = standalone();
  let browser: QtWebKit;
  afterEach(() => browser?.close());

  it.each(Object.entries(ENGINES))(
    "%s reads live and sends, each message once",
    async (name, { without, status }) => {
      const room = `engine-${Object.keys(ENGINES).indexOf(name)}`;
      await makeRoom(app().url, `Maker of ${room}`, room, "Engine");
      browser = startQtWebKit({ without });
      await browser.go(`${app().url}/`);
      await browser.type("#name", `Quinn ${room}`);
      await browser.click("input[value=Start]");
      await browser.shows(".hint", `You are Quinn ${room}.`);
      await browser.go(`${app().url}/rooms/${room}`);
      await browser.shows("label[for=text]", "Message as Quinn");
      await browser.run("document.body.setAttribute('data-loaded', 'once')");
      await browser.shows("#status", status);
      await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);

      await say(app().url, "Ben", `not for ${room}`);
      await say(app().url, "Ben", "hello, old engine", room);
      await browser.shows("#messages", "hello, old engine");
      await browser.type("#text", "typed by keys");
      await browser.click("#send input[type=submit]");
      await browser.shows("#messages", "typed by keys");
      await say(app().url, "Cy", "and the last", room);
      await browser.shows("#messages", "and the last");

      const texts = await browser.texts("#messages .text");
      expect(texts).toEqual(["and the last", "typed by keys", "hello, old engine"]);
      expect(await browser.texts(".mine .text")).toEqual(["typed by keys"]);
      expect(await browser.run("document.body.getAttribute('data-loaded')")).toBe("once");
      expect((await historyOf(app().url, room)).map(({ text }) => text)).toEqual(texts.reverse());
      // Of the page's policy alone, which is younger than this engine.
      const complaints = await browser.complaints();
      expect(complaints.filter((line) => !/'frame-ancestors'|Refused to connect to 'ws:/.test(line))).toEqual(
        [],
      );
      await browser.close();
      await expect.poll(() => app().chat.tail.parked, SOON).toBe(0);
    },
  );

  it("removes what it is told to before a page's scripts run, and nothing else", async () => {
    const here = "typeof Promise + typeof WebSocket + typeof JSON";
    browser = startQtWebKit({ without: ["Promise", "WebSocket"] });
    await browser.go(`${app().url}/`);
    await browser.shows("h1", "Parkbench");
    expect(await browser.run(here)).toBe("undefinedundefinedobject");
    await browser.close();
    browser = startQtWebKit();
    await browser.go(`${app().url}/`);
    await browser.shows("h1", "Parkbench");
    expect(await browser.run(here)).toBe("functionfunctionobject");
  });

  it("with scripts off posts by the form, and shows on the waiting page what others post", async () => {
    await makeRoom(app().url, "Gardener", "garden", "Garden");
    browser = startQtWebKit({ script: false });
    await browser.go(`${app().url}/rooms/garden`);
    await browser.type("#name", "Quilla");
    await browser.type("#text", "typed without script");
    await browser.click("#send input[type=submit]");
    await browser.shows("#messages", "typed without script");
    expect(await browser.address()).toMatch(/\/rooms\/garden\?m=\d+$/);

    const waits: string[] = [];
    app().server.on("request", ({ url = "" }) => {
      if (url.includes("/wait?")) waits.push(url);
    });
    await browser.click("a", "Wait for new messages");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the garden", "lobby");
    const id = await say(app().url, "Ben", "the roses are out", "garden");
    await browser.shows(".fresh", "the roses are out");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    // Woken by this message and not by the other room's.
    expect(waits[1]).toContain(`since=${id}-`);
    await say(app().url, "Cy", "and the lilac", "garden");
    await browser.shows(".fresh", "and the lilac");
    expect(await browser.texts("#messages .text")).toEqual([
      "and the lilac",
      "the roses are out",
      "typed without script",
    ]);
  });

  it("with scripts off shows on the live page what others post, as it comes and each once", async () => {
    await makeRoom(app().url, "Smith", "forge", "Forge");
    await say(app().url, "Ben", "before it came", "forge");
    browser = startQtWebKit({ script: false });
    await browser.go(`${app().url}/rooms/forge/live`);
    await browser.shows("#messages", "before it came");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the forge");
    for (const text of ["iron one", "iron two"]) {
      await say(app().url, "Ben", text, "forge");
      await browser.shows(".fresh", text);
      expect(app().chat.tail.parked).toBe(1);
    }
    expect(await browser.texts("#messages .text")).toEqual(["before it came", "iron one", "iron two"]);
  });
});
