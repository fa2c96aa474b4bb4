/** Plain http under a host name that is not localhost, where browsers send no Sec-Fetch headers. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enter, OTHER_HOST, signIn, startBrowser, texts, visitor } from "../support/browser.js";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";

describe.skipIf(!tools.chromium)("plain http under a host name", () => {
  let server: ServerProcess;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), startBrowser()]);
    url = `http://${OTHER_HOST}:${server.port}`;
    await makeRoom(server.url, "Gardener", "garden", "Garden");
    for (let count = 1; count <= 51; count++) await say(server.url, "Ben", `rose ${count}`, "garden");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it.each([
    { script: true, name: "Ana" },
    { script: false, name: "Cleo" },
  ])("people sign in and post (script: $script)", async ({ script, name }) => {
    const { page, complaints } = await visitor(browser, { script });
    const posts = postsOf(page);
    await signIn(page, url, name);
    await enter(page, "Lobby");
    await page.getByLabel(`Message as ${name}`).fill(`from ${name}`);
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => texts(page)).toContain(`from ${name}`);

    const rows = (await historyOf(server.url)).filter(({ text }) => text === `from ${name}`);
    expect(rows.map(({ from }) => from.name)).toEqual([name]);
    // What makes it another case than localhost: only Origin tells where the form came from.
    expect(await Promise.all(posts)).toEqual([
      { path: "/session", site: undefined, origin: url },
      { path: "/send", site: undefined, origin: url },
    ]);
    expect(complaints).toEqual([]);
  });

  it("is another case than a loopback address, where the same form comes with Sec-Fetch-Site", async () => {
    const { page } = await visitor(browser);
    const posts = postsOf(page);
    await signIn(page, server.url, "Dan");
    expect(await Promise.all(posts)).toEqual([{ path: "/session", site: "same-origin", origin: server.url }]);
  });

  it.each([{ script: true }, { script: false }])(
    "no page has an error or anything that its policy refuses (script: $script)",
    async ({ script }) => {
      const { page, complaints } = await visitor(browser, { script });
      await page.goto(`${url}/`);
      await enter(page, "Garden");
      await page.getByRole("link", { name: "Older messages" }).first().click();
      await page.getByText("These are older messages.").waitFor();
      await page.goto(`${url}/rooms/garden/wait`);
      await page.getByRole("link", { name: "Write a message" }).click();
      await page.getByRole("button", { name: "Send" }).waitFor();
      expect(complaints).toEqual([]);

      await page.goto(`${url}/rooms/nowhere`);
      await page.getByRole("alert").waitFor();
      // The browser itself notes, sooner or later, the status of a page that is an error.
      expect(complaints.filter((line) => !line.includes("404 (Not Found)"))).toEqual([]);
    },
  );
});

/** Every POST that a page makes, with the headers that say where it came from. */
function postsOf(page: Page): Promise<Record<string, string | undefined>>[] {
  const posts: Promise<Record<string, string | undefined>>[] = [];
  page.on("request", (request) => {
    if (request.method() !== "POST") return;
    const path = new URL(request.url()).pathname;
    posts.push(
      request
        .allHeaders()
        .then((headers) => ({ path, site: headers["sec-fetch-site"], origin: headers.origin })),
    );
  });
  return posts;
}
