/** A real browser, people who look at pages in it, and what those pages complain about. */
import { type Browser, chromium, type Page } from "playwright-core";
import { tools } from "./tools.js";

/** A host name that is no localhost: browsers treat it as any plain-http site, without Sec-Fetch headers. */
export const OTHER_HOST = "chat.school";

export interface Visitor {
  readonly page: Page;
  /** Errors and warnings in the console, errors that nothing caught, and what the page's policy refused. */
  readonly complaints: string[];
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: tools.chromium ?? "",
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--host-resolver-rules=MAP ${OTHER_HOST} 127.0.0.1`,
      // Chromium's sandbox does not run as root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
}

/** Somebody with cookies of their own, and one page open; without `policy` their browser has never heard of one. */
export async function visitor(browser: Browser, { script = true, policy = true } = {}): Promise<Visitor> {
  const context = await browser.newContext({ javaScriptEnabled: script, bypassCSP: !policy });
  const complaints: string[] = [];
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI}`);
    });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  return { page, complaints };
}

/** Gives a name on the first page, as a person would. */
export async function signIn(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText(`You are ${name}.`).waitFor();
}

export async function enter(page: Page, room: string): Promise<void> {
  await page.getByRole("link", { name: room, exact: true }).click();
  await page.getByRole("heading", { name: room, exact: true }).waitFor();
}

/** Resolves with what a room's page says when it is connected. */
export async function connected(page: Page): Promise<string> {
  await page
    .getByRole("status")
    .getByText(/^connected by /)
    .waitFor();
  return (await page.getByRole("status").textContent()) ?? "";
}

/** The texts on the page, in the order they are shown: newest first. */
export function texts(page: Page): Promise<string[]> {
  return page.locator("#messages .text").allTextContents();
}
