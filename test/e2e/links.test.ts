/** The chat in links2, a text browser without scripts, by its own keys. */
import { afterEach, describe, expect, it } from "vitest";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { standalone } from "../support/standalone.js";
import { openTerminal, type Terminal } from "../support/terminal.js";
import { tools } from "../support/tools.js";

const SOON = { timeout: 8000, interval: 50 };

const FIELD = "Text field, name";
/** What links2 shows while the server holds its request; the old page stays above it, and usable. */
const PARKED = "Request sent";

describe.skipIf(!tools.links || !tools.tmux)("links2", () => {
  const app = standalone();
  let terminal: Terminal;
  afterEach(() => terminal?.close());

  it("signs in, posts, and shows what others post while it waits by the link on the page", async () => {
    await makeRoom(app().url, "Gardener", "garden", "Garden");
    terminal = await open("/");
    await terminal.shows(`${FIELD} name`);
    await terminal.type("Lars");
    await submit();
    await terminal.shows("You are Lars.");
    await follow("Lobby");
    await terminal.shows(`${FIELD} text`);
    await terminal.type("typed in links");
    await submit();
    await terminal.shows("Lars: typed in links");
    expect((await historyOf(app().url)).map(({ from, text }) => [from.name, text])).toEqual([
      ["Lars", "typed in links"],
    ]);

    await terminal.press("Down");
    await follow("Wait for new messages");
    await terminal.shows(PARKED);
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the lobby", "garden");
    expect(app().chat.tail.parked).toBe(1);
    await say(app().url, "Ben", "hello, links");
    await terminal.shows("Ben: hello, links");
    await follow("Wait for the next message");
    await terminal.shows(PARKED);
    await say(app().url, "Cy", "and once more");
    const screen = await terminal.shows("Cy: and once more");
    expect(screen).toContain("1 new message.");
    expect(screen).not.toContain("not for the lobby");
    expect(screen.split("hello, links")).toHaveLength(2);
  });

  it("with its refresh on goes on waiting without a key", async () => {
    await makeRoom(app().url, "Baker", "bakery", "Bakery");
    const waits: string[] = [];
    app().server.on("request", ({ url = "" }) => {
      if (url.includes("/wait?")) waits.push(url);
    });
    terminal = await open("/rooms/bakery/wait", "-html-auto-refresh", "1");
    for (const [index, text] of ["the first loaf", "the second loaf"].entries()) {
      await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
      await say(app().url, "Ben", "not for the bakery");
      const id = await say(app().url, "Ben", text, "bakery");
      await terminal.shows(`Ben: ${text}`);
      await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
      // Woken by this message and not by the other room's.
      expect(waits[index + 1]).toContain(`since=${id}-`);
    }
    expect(await terminal.screen()).not.toContain("not for the bakery");
  });

  it("shows messages on the live page as they come, one below the other, each once", async () => {
    await makeRoom(app().url, "Smith", "forge", "Forge");
    await say(app().url, "Ben", "before it came", "forge");
    terminal = await open("/rooms/forge/live");
    await terminal.shows("Ben: before it came");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the forge");
    for (const text of ["iron one", "iron two", "iron three"]) {
      await say(app().url, "Ben", text, "forge");
      await terminal.shows(`Ben: ${text}`);
      expect(app().chat.tail.parked).toBe(1);
    }
    const screen = await terminal.screen();
    expect([...screen.matchAll(/Ben: (.*?)\s*$/gm)].map(([, text]) => text)).toEqual([
      "before it came",
      "iron one",
      "iron two",
      "iron three",
    ]);
  });

  /** Each start is its first: it greets, and the page comes behind the greeting. */
  async function open(path: string, ...options: string[]): Promise<Terminal> {
    const opened = await openTerminal([tools.links ?? "", ...options, `${app().url}${path}`]);
    await opened.shows("Welcome to links!");
    await opened.press("Enter");
    return opened;
  }

  /** From a field, Enter goes on to the button behind it. */
  async function submit(): Promise<void> {
    await terminal.press("Enter");
    await terminal.shows("Post form to");
    await terminal.press("Enter");
  }

  /** Finds a link by its words and opens it. */
  async function follow(words: string): Promise<void> {
    await terminal.press("/");
    await terminal.shows("Search for text");
    await terminal.type(words);
    await terminal.press("Enter", "Enter");
  }
});
