/** A moderator in w3m: types the code, removes a message by its button, and mutes somebody. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { admin } from "../support/admin.js";
import { say } from "../support/guest.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { openTerminal, type Terminal } from "../support/terminal.js";
import { tools } from "../support/tools.js";
import { fillIn, find, follow } from "../support/w3m.js";

describe.skipIf(!tools.w3m || !tools.tmux)("w3m", () => {
  let server: ServerProcess;
  let terminal: Terminal;

  beforeAll(async () => {
    server = await startServer();
    await say(server.url, "Ana", "an ugly word");
  });
  afterEach(() => terminal?.close());
  afterAll(() => server?.stop());

  it("moderates", async () => {
    const { out } = await admin(server.database, ["moderator", "Wanda"]);
    terminal = await openTerminal([tools.w3m ?? "", `${server.url}/`]);
    await terminal.shows("Viewing <Parkbench>");
    await terminal.press("Tab");
    await fillIn(terminal, "Wanda");
    await terminal.press("Tab", "Enter");
    await terminal.shows("You are Wanda.");
    await follow(terminal, "Moderation");
    await terminal.shows("and no moderator.");
    await terminal.press("Tab");
    await fillIn(terminal, out.split("\n")[0] ?? "");
    await terminal.press("Tab", "Enter");
    await terminal.shows("You moderate as Wanda.");

    // The field, which is behind what it is for.
    await find(terminal, "Whom");
    await terminal.press("Tab", "Tab");
    await fillIn(terminal, "Ana");
    await follow(terminal, "Do it");
    await terminal.shows("Muted: name ana");
    await expect(say(server.url, "Ana", "one more")).rejects.toThrow("muted");
    expect(await say(server.url, "Ben", "not me")).toBeGreaterThan(0);
    await follow(terminal, "Lobby");
    await terminal.shows("an ugly word");
    await find(terminal, "ugly");
    await terminal.press("Tab", "Enter");
    const screen = await terminal.shows("(removed)");
    expect(screen).not.toContain("an ugly word");
    expect(screen).toContain("not me");
  });
});
