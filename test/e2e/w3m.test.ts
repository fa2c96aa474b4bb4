/** The chat in w3m, a text browser without scripts, by its own keys. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { openTerminal, type Terminal } from "../support/terminal.js";
import { tools } from "../support/tools.js";
import { fillIn, follow } from "../support/w3m.js";

/** What w3m shows while the server holds its request; the old page stays above it. */
const PARKED = "contacted. Waiting for reply...";

describe.skipIf(!tools.w3m || !tools.tmux)("w3m", () => {
  let server: ServerProcess;
  let terminal: Terminal;

  beforeAll(async () => {
    server = await startServer();
    await makeRoom(server.url, "Gardener", "garden", "Garden");
  });
  afterEach(() => terminal?.close());
  afterAll(() => server?.stop());

  it("signs in, posts, and with its refresh on shows what others post while it waits", async () => {
    terminal = await openTerminal([tools.w3m ?? "", "-o", "meta_refresh=1", `${server.url}/`]);
    await terminal.shows("Viewing <Parkbench>");
    await terminal.press("Tab");
    await fillIn(terminal, "Wanda");
    await terminal.press("Tab", "Enter");
    await terminal.shows("You are Wanda.");

    await follow(terminal, "Lobby");
    await terminal.shows("Message as Wanda");
    await terminal.press("Tab");
    await fillIn(terminal, "typed in a terminal");
    await terminal.press("Tab", "Enter");
    await terminal.shows("Wanda: typed in a terminal");
    expect((await historyOf(server.url)).map(({ from, text }) => `${from.name}: ${text}`)).toEqual([
      "Wanda: typed in a terminal",
    ]);

    await follow(terminal, "Wait for new messages");
    await terminal.shows(PARKED);
    await say(server.url, "Ben", "not for the lobby", "garden");
    expect(await terminal.screen()).toContain(PARKED);
    await say(server.url, "Ben", "hello, terminal");
    await terminal.shows("Ben: hello, terminal");
    await terminal.shows(PARKED);
    await say(server.url, "Cy", "and no key was pressed");
    const screen = await terminal.shows("Cy: and no key was pressed");
    expect(screen).toContain("1 new message.");
    expect(screen).not.toContain("not for the lobby");
  });

  it("shows what others post while it waits by the link on the page, without its refresh", async () => {
    terminal = await openTerminal([tools.w3m ?? "", `${server.url}/rooms/garden`]);
    await terminal.shows("Viewing <Garden>");
    await follow(terminal, "Wait for new messages");
    await terminal.shows(PARKED);
    await say(server.url, "Ben", "not for the garden");
    expect(await terminal.screen()).toContain(PARKED);
    await say(server.url, "Ben", "the roses are out", "garden");
    await terminal.shows("Ben: the roses are out");

    await follow(terminal, "Wait for the next message");
    await terminal.shows(PARKED);
    await say(server.url, "Ben", "and the lilac", "garden");
    const screen = await terminal.shows("Ben: and the lilac");
    expect(screen).toContain("1 new message.");
    expect(screen).not.toContain("not for the garden");
  });
});
