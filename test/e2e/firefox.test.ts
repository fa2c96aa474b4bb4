/** What a person does and sees in Firefox with scripts on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Firefox, startFirefox } from "../support/firefox.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { standalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

const SOON = { timeout: 8000, interval: 50 };

describe.skipIf(!tools.firefox)("Firefox with scripts", () => {
  const app = standalone();
  let firefox: Firefox;

  beforeAll(async () => {
    firefox = await startFirefox();
    await makeRoom(app().url, "Gardener", "garden", "Garden");
  });
  afterAll(() => firefox?.close());

  it("lets a person give a name, send, and read what others post, each once and without loading the page again", async () => {
    await firefox.go(`${app().url}/`);
    await firefox.type("#name", "Fiona", { send: true });
    await firefox.shows(".hint", "You are Fiona.");
    await firefox.clickLink("Lobby");
    await firefox.shows("label[for=text]", "Message as Fiona");
    await firefox.run("document.body.setAttribute('data-loaded', 'once')");
    await firefox.shows("#status", "connected by WebSocket");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);

    await say(app().url, "Ben", "not for the lobby", "garden");
    await say(app().url, "Ben", "hello, Firefox");
    await firefox.shows("#messages", "hello, Firefox");
    await firefox.type("#text", "typed, then Enter", { send: true });
    await firefox.shows("#messages", "typed, then Enter");
    await say(app().url, "Cy", "and the last");
    await firefox.shows("#messages", "and the last");

    const texts = await firefox.texts("#messages .text");
    expect(texts).toEqual(["and the last", "typed, then Enter", "hello, Firefox"]);
    expect(await firefox.texts(".mine .text")).toEqual(["typed, then Enter"]);
    expect(await firefox.run("return document.body.getAttribute('data-loaded')")).toBe("once");
    expect((await historyOf(app().url)).map(({ text }) => text)).toEqual(texts.reverse());
  });
});
