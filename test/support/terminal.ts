/** A program in a terminal of its own (tmux): keys go in, the screen is read. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, vi } from "vitest";
import { isGone } from "./process-group.js";
import { tools } from "./tools.js";

const run = promisify(execFile);
const DEADLINE = { timeout: 8000, interval: 50 };

export interface Terminal {
  /** Presses keys by tmux's names: Tab, Enter, ... */
  press(...keys: string[]): Promise<void>;
  /** Types a text letter by letter, without Enter. */
  type(text: string): Promise<void>;
  screen(): Promise<string>;
  /** Waits until the screen holds the text; returns it. */
  shows(text: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts a program; its HOME is an empty folder, removed with the terminal. */
export async function openTerminal(program: readonly string[]): Promise<Terminal> {
  const folder = mkdtempSync(join(tmpdir(), "parkbench-tmux-"));
  const { TMUX: _outer, ...inherited } = process.env;
  const env = { ...inherited, HOME: folder, TMUX_TMPDIR: folder, LC_ALL: "C.UTF-8", TERM: "xterm" };
  const tmux = async (...args: string[]) =>
    (await run(tools.tmux ?? "", ["-f", "/dev/null", "-L", "test", ...args], { env })).stdout;
  const screen = () => tmux("capture-pane", "-p", "-t", "main");

  const terminal: Terminal = {
    press: async (...keys) => void (await tmux("send-keys", "-t", "main", ...keys)),
    type: async (text) => void (await tmux("send-keys", "-t", "main", "-l", text)),
    screen,
    async shows(text) {
      await expect.poll(screen, DEADLINE).toContain(text);
      return screen();
    },
    async close() {
      const pid = Number(await tmux("display-message", "-p", "-t", "main", "#{pane_pid}").catch(() => 0));
      await tmux("kill-server").catch(() => {});
      // At its end links2 writes into its folder, which could not be removed then.
      if (pid > 0) await vi.waitUntil(() => isGone(-pid), DEADLINE);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await tmux("new-session", "-d", "-s", "main", "-x", "100", "-y", "40", ...program);
    return terminal;
  } catch (error) {
    await terminal.close();
    throw error;
  }
}
