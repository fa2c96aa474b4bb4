/** QtWebKit, a browser engine of 2016 (the class of Safari 10), through its Python binding (see qtwebkit.py). */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { tools } from "./tools.js";

const PROGRAM = fileURLToPath(new URL("./qtwebkit.py", import.meta.url));
const DEADLINE = { timeout: 8000, interval: 50 };

export interface QtWebKitOptions {
  readonly script?: boolean;
  /** Removed before a page's scripts run: `Promise`, or `EventTarget.prototype.addEventListener`. */
  readonly without?: readonly string[];
}

export interface QtWebKit {
  go(address: string): Promise<void>;
  /** Shows a page of ours as if it had come from this address; no policy comes with it. */
  show(html: string, address: string): Promise<void>;
  address(): Promise<string>;
  /** The value of an expression in the page. Not with scripts off. */
  run(expression: string): Promise<unknown>;
  texts(selector: string): Promise<string[]>;
  /** Waits until the element is there and holds the text. */
  shows(selector: string, text: string): Promise<void>;
  /** Clicks into a field and types by keys. */
  type(selector: string, text: string): Promise<void>;
  /** Clicks on the first element that holds the words. */
  click(selector: string, words?: string): Promise<void>;
  /** All that pages have written to the console, uncaught errors among it. */
  complaints(): Promise<string[]>;
  close(): Promise<void>;
}

export function startQtWebKit({ script = true, without = [] }: QtWebKitOptions = {}): QtWebKit {
  const folder = mkdtempSync(join(tmpdir(), "parkbench-qtwebkit-"));
  const child = spawn(tools.qtwebkit ?? "", [PROGRAM, JSON.stringify({ script, without })], {
    env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, QT_QPA_PLATFORM: "offscreen" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => {});
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();

  /** One order at a time. */
  const order = (what: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const answer = last.then(async () => {
      child.stdin.write(`${JSON.stringify(what)}\n`);
      const { value: line, done } = await lines.next();
      if (done) throw new Error("QtWebKit has ended");
      const { value, error } = JSON.parse(line) as { value: unknown; error?: string };
      if (error) throw new Error(`QtWebKit: ${error}`);
      return value;
    });
    last = answer.catch(() => {});
    return answer;
  };
  const untilDone = async (what: Readonly<Record<string, unknown>>) => {
    await expect.poll(() => order(what), { ...DEADLINE, message: JSON.stringify(what) }).toBe(true);
  };
  const texts = async (selector: string) => (await order({ do: "texts", selector })) as string[];

  return {
    go: async (url) => void (await order({ do: "open", url })),
    show: async (html, url) => void (await order({ do: "show", html, url })),
    address: async () => String(await order({ do: "address" })),
    run: (expression) => order({ do: "run", expression }),
    texts,
    async shows(selector, text) {
      const shown = async () => (await texts(selector)).join("\n");
      await expect.poll(shown, { ...DEADLINE, message: selector }).toContain(text);
    },
    type: (selector, text) => untilDone({ do: "type", selector, text }),
    click: (selector, words = "") => untilDone({ do: "click", selector, words }),
    complaints: async () => (await order({ do: "complaints" })) as string[],
    async close() {
      child.stdin.end();
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
