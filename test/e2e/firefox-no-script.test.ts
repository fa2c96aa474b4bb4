/** What a person does and sees in Firefox with scripts off. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Firefox, startFirefox } from "../support/firefox.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { standalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

const SOON = { timeout: 8000, interval: 50 };

describe.skipIf(!tools.firefox)("Firefox without scripts", () => {
  const app = standalone();
  let firefox: Firefox;

  beforeAll(async () => {
    firefox = await startFirefox({ script: false });
    await makeRoom(app().url, "Gardener", "garden", "Garden");
  });
  afterAll(() => firefox?.close());

  it("lets a person give a name and post by the form", async () => {
    await firefox.go(`${app().url}/`);
    await firefox.type("#name", "Fritz", { send: true });
    await firefox.shows(".hint", "You are Fritz.");
    await firefox.clickLink("Lobby");
    await firefox.type("#text", "typed without script");
    await firefox.click("#send input[type=submit]");
    await firefox.shows("#messages", "typed without script");
    expect(await firefox.address()).toMatch(/\/rooms\/lobby\?m=\d+$/);
    expect((await historyOf(app().url)).map(({ from, text }) => [from.name, text])).toEqual([
      ["Fritz", "typed without script"],
    ]);
    expect(app().chat.tail.parked).toBe(0);
  });

  it("shows on the waiting page what others post, and again after its own refresh", async () => {
    const waits: string[] = [];
    app().server.on("request", ({ url = "" }) => {
      if (url.includes("/wait?")) waits.push(url);
    });
    await firefox.go(`${app().url}/rooms/garden`);
    await firefox.clickLink("Wait for new messages");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the garden", "lobby");
    const id = await say(app().url, "Ben", "the roses are out", "garden");
    await firefox.shows(".fresh", "the roses are out");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    // Woken by this message and not by the other room's.
    expect(waits[1]).toContain(`since=${id}-`);
    await say(app().url, "Cy", "and the lilac", "garden");
    await firefox.shows(".fresh", "and the lilac");
    expect(await firefox.texts("#messages .text")).toEqual(["and the lilac", "the roses are out"]);
  });

  it("shows on the live page what others post, as it comes and each once", async () => {
    await makeRoom(app().url, "Smith", "forge", "Forge");
    await say(app().url, "Ben", "before it came", "forge");
    await firefox.go(`${app().url}/rooms/forge/live`);
    await firefox.shows("#messages", "before it came");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the forge", "lobby");
    for (const text of ["iron one", "iron two"]) {
      await say(app().url, "Ben", text, "forge");
      await firefox.shows(".fresh", text);
      expect(app().chat.tail.parked).toBe(1);
    }
    expect((await firefox.texts("#messages .text")).sort()).toEqual([
      "before it came",
      "iron one",
      "iron two",
    ]);
  });

  it("lets a person type undisturbed in one frame while messages arrive in the other", async () => {
    await makeRoom(app().url, "Weaver", "loom", "Loom");
    await firefox.go(`${app().url}/rooms/loom/frames`);
    await firefox.enterFrame("Write a message");
    await firefox.type("#text", "half a sentence");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the loom", "lobby");
    await say(app().url, "Ben", "meanwhile", "loom");
    await firefox.leaveFrame();
    await firefox.enterFrame("Live messages");
    await firefox.shows("#messages", "meanwhile");

    await firefox.leaveFrame();
    await firefox.enterFrame("Write a message");
    await firefox.type("#text", " and its end", { send: true });
    await firefox.shows("#sent", "Sent.");
    await firefox.leaveFrame();
    await firefox.enterFrame("Live messages");
    await firefox.shows("#messages", "half a sentence and its end");
    expect((await firefox.texts("#messages .text")).sort()).toEqual([
      "half a sentence and its end",
      "meanwhile",
    ]);
    await firefox.leaveFrame();
    expect((await historyOf(app().url, "loom")).map(({ from, text }) => [from.name, text])).toEqual([
      ["Ben", "meanwhile"],
      ["Fritz", "half a sentence and its end"],
    ]);
  });
});
