/** The style sheet, the script and the icon are served, and odd questions for them are no fault of the server. */
import { describe, expect, it } from "vitest";
import { call } from "../support/http-client.js";
import { standalone } from "../support/standalone.js";

const app = standalone();

describe("/parkbench.css", () => {
  it("is there, and may be asked for again by its tag", async () => {
    const first = await call(`${app().url}/parkbench.css`);
    expect([first.status, first.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
    const again = await call(`${app().url}/parkbench.css`, {
      headers: { "if-none-match": String(first.headers.etag) },
    });
    expect(again.status).toBe(304);
  });

  it.each([
    ["a range beyond its end", { range: "bytes=999999-" }, 200],
    ["a tag that it must have", { "if-match": '"other"' }, 400],
  ])("with %s is answered %s", async (_what, headers, status) => {
    expect((await call(`${app().url}/parkbench.css`, { headers })).status).toBe(status);
  });
});
