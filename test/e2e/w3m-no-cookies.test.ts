/** The chat in w3m that refuses cookies: a name, a room, a message and its answer, by keys. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type Standalone, startStandalone } from "../support/standalone.js";
import { openTerminal, type Terminal } from "../support/terminal.js";
import { tools } from "../support/tools.js";
import { fillIn, follow } from "../support/w3m.js";

/** What w3m shows while the server holds its request; the old page stays above it. */
const PARKED = "contacted. Waiting for reply...";

describe.skipIf(!tools.w3m || !tools.tmux)("w3m without cookies", () => {
  let server: Standalone;
  let terminal: Terminal;

  beforeAll(async () => {
    server = await startStandalone();
    await makeRoom(server.url, "Gardener", "garden", "Garden");
  });
  afterEach(() => terminal?.close());
  afterAll(() => server?.close());

  it("gives a name, enters a room, posts, waits and reads an answer, and signs out", async () => {
    terminal = await openTerminal([tools.w3m ?? "", "-no-cookie", `${server.url}/`]);
    await terminal.shows("Viewing <Parkbench>");
    await terminal.press("Tab");
    await fillIn(terminal, "Wanda");
    await terminal.press("Tab", "Enter");
    await terminal.shows("You are Wanda.");

    await follow(terminal, "Lobby");
    await terminal.shows("Message as Wanda");
    await terminal.press("Tab");
    await fillIn(terminal, "no cookie, no script");
    await terminal.press("Tab", "Enter");
    await terminal.shows("Wanda: no cookie, no script");
    await terminal.shows("Message as Wanda");

    await follow(terminal, "Wait for new");
    await terminal.shows(PARKED);
    await say(server.url, "Ben", "not for the lobby", "garden");
    expect(await terminal.screen()).toContain(PARKED);
    await say(server.url, "Ben", "hello, terminal");
    const screen = await terminal.shows("Ben: hello, terminal");
    expect(screen).toContain("Message as Wanda");
    expect(screen).not.toContain("not for the lobby");
    expect((await historyOf(server.url)).map(({ from, text }) => `${from.name}: ${text}`)).toEqual([
      "Wanda: no cookie, no script",
      "Ben: hello, terminal",
    ]);

    await follow(terminal, "All rooms");
    await terminal.shows("You are Wanda.");
    await follow(terminal, "Sign out");
    await terminal.shows("[Start]");
    expect(await terminal.screen()).not.toContain("You are");
  });
});
