/** What a page in a browser is made of: its elements, their attributes, and where it leads; nothing of its texts. */
import type { Page, Request } from "playwright-core";

export interface Audit {
  /** How many of each element. */
  readonly tags: Readonly<Record<string, number>>;
  /** Each "element attribute" once. */
  readonly attributes: readonly string[];
  /** Every address that something leads to or loads: without query, and without the origin where it is the page's. */
  readonly targets: readonly string[];
  /** Whether a text keeps its direction to itself: a bidi override in a name must not turn what is beside it. */
  readonly isolation: readonly string[];
}

export function audit(page: Page): Promise<Audit> {
  return page.evaluate(() => {
    const tags: Record<string, number> = {};
    const attributes = new Set<string>();
    const targets = new Set<string>();
    const isolation = new Set<string>();
    // The network check adds a line for each thing it has measured, none of them anybody's words.
    const all = [...document.querySelectorAll("*")].filter((element) => !element.matches("#lines *"));
    // What a template holds is in a document of its own.
    for (const { content } of document.querySelectorAll("template"))
      all.push(...content.querySelectorAll("*"));
    for (const element of all) {
      const tag = element.tagName.toLowerCase();
      tags[tag] = (tags[tag] ?? 0) + 1;
      for (const { name, value } of element.attributes) {
        attributes.add(`${tag} ${name}`);
        const address =
          tag === "meta" && name === "content"
            ? / url=(.*)/.exec(value)?.[1]
            : /^(href|src|action|formaction|data|srcdoc|xlink:href)$/.test(name)
              ? value
              : undefined;
        if (address === undefined) continue;
        const { origin, pathname, href } = new URL(address, location.href);
        targets.add(`${tag} ${origin === location.origin ? pathname : href}`);
      }
      if (/\b(who|text)\b/.test(element.className) && tag !== "input")
        isolation.add(getComputedStyle(element).unicodeBidi);
    }
    return {
      tags,
      attributes: [...attributes].sort(),
      targets: [...targets].sort(),
      isolation: [...isolation],
    };
  });
}

/** What ran in a page, and what it asked for that no page of ours has. To be called before anything is loaded. */
export async function watchFor(page: Page, origin: string): Promise<() => Promise<string[]>> {
  const seen: string[] = [];
  await page.exposeFunction("ran", () => void seen.push("a script ran"));
  await page.addInitScript(() => {
    const { ran } = window as unknown as { ran: () => void };
    Object.assign(window, { alert: ran, confirm: ran, prompt: ran });
  });
  page.on("dialog", (dialog) => void seen.push(`a dialog: ${dialog.message()}`));
  page.on("request", (request: Request) => {
    const { origin: asked, pathname } = new URL(request.url());
    if (asked !== origin || /ran/.test(pathname)) seen.push(`asked for ${request.url()}`);
  });
  return async () => {
    // Whatever was queued by then has had its turn.
    await page.evaluate(() => new Promise((done) => setTimeout(done, 0)));
    return seen;
  };
}
