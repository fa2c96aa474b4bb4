/** The chat in lynx, a text browser without scripts, by its own keys. */
import { afterEach, describe, expect, it } from "vitest";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { standalone } from "../support/standalone.js";
import { openTerminal, type Terminal } from "../support/terminal.js";
import { tools } from "../support/tools.js";

const SOON = { timeout: 8000, interval: 50 };

/** What lynx shows while the server holds its request; the old page stays above it. */
const PARKED = "HTTP request sent; waiting for response.";

describe.skipIf(!tools.lynx || !tools.tmux)("lynx", () => {
  const app = standalone();
  let terminal: Terminal;
  afterEach(() => terminal?.close());

  it("signs in, posts, and shows what others post while it waits by the links on the page", async () => {
    await makeRoom(app().url, "Gardener", "garden", "Garden");
    terminal = await open("/");
    await terminal.shows("Your name");
    await terminal.type("Lena");
    await terminal.press("Down", "Enter");
    await terminal.shows("You are Lena.");
    await follow("Lobby");
    await terminal.shows("Message as Lena");
    await terminal.type("typed in lynx");
    await terminal.press("Down", "Enter");
    await terminal.shows("Lena: typed in lynx");
    expect((await historyOf(app().url)).map(({ from, text }) => [from.name, text])).toEqual([
      ["Lena", "typed in lynx"],
    ]);

    await terminal.press("Down");
    await follow("Wait for new messages");
    await terminal.shows(PARKED);
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Ben", "not for the lobby", "garden");
    expect(app().chat.tail.parked).toBe(1);
    await say(app().url, "Ben", "hello, lynx");
    await terminal.shows("Ben: hello, lynx");
    // It follows no refresh, and shows it as the first link of the page.
    await terminal.shows("REFRESH(1 sec):");
    await terminal.press("Enter");
    await terminal.shows(PARKED);
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Cy", "and once more");
    await terminal.shows("Cy: and once more");

    await follow("Wait for the next message");
    await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);
    await say(app().url, "Cy", "by the link of ours");
    const screen = await terminal.shows("Cy: by the link of ours");
    expect(screen).toContain("1 new message.");
    expect(screen).not.toContain("not for the lobby");
    expect(screen.split("hello, lynx")).toHaveLength(2);
  });

  /** Cookies without a question each; alerts without a pause of two seconds each. */
  function open(path: string): Promise<Terminal> {
    return openTerminal([tools.lynx ?? "", "-accept_all_cookies", "-nopause", `${app().url}${path}`]);
  }

  /** Finds a link by its words and opens it. */
  async function follow(words: string): Promise<void> {
    await terminal.press("/");
    await terminal.shows("Enter a whereis query:");
    await terminal.type(words);
    await terminal.shows(`query: ${words}`);
    await terminal.press("Enter", "Enter");
  }
});
