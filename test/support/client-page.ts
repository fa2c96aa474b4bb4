/** A page of ours in a real browser that does nothing but run the built client, and writes down what it hears. */
import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import type { Built } from "./built-client.js";

/** What is done to a browser before its pages' scripts run. */
export interface Missing {
  readonly globals?: readonly string[];
}

/** Serves the client that was built for the test, whatever is in public/. */
export async function serveClient(
  context: BrowserContext,
  built: Built,
  missing: Missing = {},
): Promise<void> {
  for (const entry of ["client", "tabs"] as const)
    await context.route(`**/${entry}.js`, (route) =>
      route.fulfill({ contentType: "text/javascript", body: built.code(entry) }),
    );
  await context.addInitScript((names: readonly string[]) => {
    for (const name of names) Reflect.deleteProperty(window, name);
    if (names.includes("locks")) Object.defineProperty(navigator, "locks", { value: undefined });
  }, missing.globals ?? []);
}

/** Opens the page and connects. */
export async function openClient(context: BrowserContext, url: string, options: object = {}): Promise<Page> {
  const page = await context.newPage();
  // Of the server's own: to a page that comes from nowhere, Chromium opens no WebSocket on this machine.
  await page.goto(`${url}/healthz`);
  await connectClient(page, options);
  return page;
}

export async function connectClient(page: Page, options: object = {}): Promise<void> {
  // By hand: playwright's own way needs a Promise, which some of these pages do not have.
  await page.evaluate(() => {
    document.head.appendChild(document.createElement("script")).src = "/client.js";
  });
  await expect.poll(() => page.evaluate(() => "Parkbench" in window)).toBe(true);
  await page.evaluate((given) => {
    const it = window as unknown as Record<string, unknown>;
    const log: string[] = [];
    const connect = (it.Parkbench as { connect(options: object): Record<string, unknown> }).connect;
    const chat = connect(given);
    Object.assign(it, { chat, log });
    chat.onopen = ({ transport }: { transport: string }) => log.push(`open ${transport}`);
    chat.onmessage = ({ text }: { text: string }) => log.push(text);
    chat.onclose = () => log.push("close");
    chat.onerror = ({ code }: { code: string }) => log.push(`error ${code}`);
    chat.onreset = (reason: string) => log.push(`reset ${reason}`);
  }, options);
}

/** The texts of the messages that the page was given, in order. */
export async function given(page: Page): Promise<string[]> {
  return (await log(page)).filter((line) => !/^(open|close|error|reset)\b/.test(line));
}

/** The transport it says it uses, or the empty text. */
export function transport(page: Page): Promise<string> {
  return page.evaluate(() => (window as unknown as { chat: { transport: string } }).chat.transport);
}

export function log(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { log: string[] }).log);
}

/** Sends; resolves with the text of the acknowledgement, or the problem's code. */
export function sendFrom(page: Page, text: string): Promise<string> {
  return page.evaluate(async (what) => {
    const { chat } = window as unknown as { chat: { send(text: string): PromiseLike<{ text: string }> } };
    return chat.send(what).then(
      (message) => message.text,
      (problem: { code: string }) => problem.code,
    );
  }, text);
}
