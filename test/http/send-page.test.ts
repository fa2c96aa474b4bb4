/** Sends from a form's page are answered by pages: on to a new address, or the form again with all that was typed. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { elementsIn, fieldIn, messagesIn, problemIn } from "../support/html.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

const app = standalone();

afterEach(() => {
  vi.restoreAllMocks();
});

function post(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  return call(`${app().url}/send`, { form: { room: "lobby", name: "Ana", ...form }, headers });
}

describe("a send from a page", () => {
  it("goes on to the room, at an address that names the message and is new each time", async () => {
    const [first, second] = [await post({ page: "1", text: "one" }), await post({ page: "1", text: "two" })];
    expect([first.status, second.status]).toEqual([303, 303]);
    expect(first.headers.location).toMatch(/^\/rooms\/lobby\?m=[0-9]+$/);
    expect(second.headers.location).not.toBe(first.headers.location);
    expect(first.headers["cache-control"]).toBe("no-store");
    const { status, text } = await call(app().url + second.headers.location);
    expect([status, messagesIn(text).slice(0, 2)]).toEqual([200, ["two", "one"]]);
  });

  it("sent twice, as an impatient person does, is there once and goes to the same place", async () => {
    const rows = countOf(app(), "messages");
    const form = { page: "1", text: "click click", nonce: "n-click" };
    const [first, second] = [await post(form), await post(form)];
    expect([second.status, second.headers.location]).toEqual([303, first.headers.location]);
    expect(countOf(app(), "messages")).toBe(rows + 1);
  });

  it.each([
    [{ page: "1" }, "application/json", 303],
    [{ page: "1" }, "*/*", 303],
    [{ page: "0" }, "text/html", 201],
    [{ page: "" }, "text/html,*/*", 201],
    [{}, "text/html,application/xhtml+xml,*/*;q=0.8", 303],
    [{}, "application/json", 201],
    [{}, "*/*", 201],
  ] as const)(
    "the field %j and Accept: %s are answered %i: the field decides, then Accept",
    async (page, accept, status) => {
      expect((await post({ text: "which?", ...page }, { accept })).status).toBe(status);
      const refused = await post({ text: "", ...page }, { accept });
      expect(refused.status).toBe(400);
      expect(refused.headers["content-type"]).toBe(
        status === 303 ? "text/html; charset=utf-8" : "application/problem+json",
      );
    },
  );
});

describe("an error on a page", () => {
  it.each([
    ["text_empty", 400, { text: "  ", nonce: "n-1" }],
    ["text_too_long", 400, { text: "x".repeat(4001), nonce: "n-1" }],
    ["too_large", 413, { text: "x".repeat(17_000), nonce: "n-1" }],
    ["bad_name", 400, { text: "hello", name: "a\u200bb", nonce: "n-1" }],
    ["name_reserved", 400, { text: "hello", name: "admin", nonce: "n-1" }],
  ])("%s: its status, with text, name and nonce kept, and what to do", async (_code, status, typed) => {
    const { status: answered, headers, text: html } = await post({ page: "1", ...typed });
    expect([answered, headers["content-type"]]).toEqual([status, "text/html; charset=utf-8"]);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(fieldIn(html, "text")).toBe(typed.text);
    expect(fieldIn(html, "name")).toBe("name" in typed ? typed.name : "Ana");
    expect(fieldIn(html, "nonce")).toBe("n-1");
    expect(problemIn(html)).not.toBe("");
  });

  it("503: the same nonce again, so that sending the page once more doubles nothing", async () => {
    const { log } = app().chat.store;
    const append = log.append.bind(log);
    vi.spyOn(log, "append").mockImplementationOnce(async (draft) => {
      await append(draft);
      throw new ParkbenchError("storage_failed", "the answer was lost");
    });
    const rows = countOf(app(), "messages");
    const failed = await post({ page: "1", text: "once, please", nonce: "n-503" });
    expect([failed.status, failed.headers["retry-after"]]).toEqual([503, "5"]);
    const again = await post({
      page: "1",
      text: fieldIn(failed.text, "text") ?? "",
      nonce: fieldIn(failed.text, "nonce") ?? "",
    });
    expect(again.status).toBe(303);
    expect(countOf(app(), "messages")).toBe(rows + 1);
  });

  it("a nonce used for another text: a new one in the form, so that sending it once more works", async () => {
    await post({ page: "1", text: "first", nonce: "n-reused" });
    const refused = await post({ page: "1", text: "second", nonce: "n-reused" });
    expect([refused.status, fieldIn(refused.text, "text")]).toEqual([409, "second"]);
    const nonce = fieldIn(refused.text, "nonce") ?? "";
    expect(nonce).not.toBe("n-reused");
    expect((await post({ page: "1", text: "second", nonce })).status).toBe(303);
  });

  it("a name that somebody holds: the text is kept, and goes through under another", async () => {
    await signIn(app().url, "Bo");
    const refused = await post({ page: "1", name: "bo", text: "precious words", nonce: "n-bo" });
    expect([refused.status, fieldIn(refused.text, "text")]).toEqual([409, "precious words"]);
    expect(problemIn(refused.text)).toContain('"bo"');
    expect((await post({ page: "1", name: "Bo-2", text: "precious words", nonce: "n-bo" })).status).toBe(303);
  });

  it("no such room: a page that keeps the text, to copy", async () => {
    const { status, text } = await post({ page: "1", room: "nowhere", text: "precious words" });
    expect(status).toBe(404);
    expect(elementsIn(text).map(({ attributes }) => attributes.value)).toContain("precious words");
  });

  it("a closed room: likewise", async () => {
    app().db.prepare("INSERT INTO rooms (name, title, closed) VALUES ('attic', 'Attic', 1)").run();
    const { status, text } = await post({ page: "1", room: "attic", text: "precious words" });
    expect(status).toBe(403);
    expect(elementsIn(text).map(({ attributes }) => attributes.value)).toContain("precious words");
  });

  it("a page that asks by Accept only, with a body that cannot be read, is a page all the same", async () => {
    const refused = await call(`${app().url}/send`, {
      method: "POST",
      headers: { accept: "text/html", "content-type": "text/plain", "content-length": "0" },
    });
    expect([refused.status, refused.headers["content-type"]]).toEqual([415, "text/html; charset=utf-8"]);
    const plain = await call(`${app().url}/send`, {
      method: "POST",
      headers: { "content-type": "text/plain", "content-length": "0" },
    });
    expect([plain.status, codeOf(plain)]).toEqual([415, "unsupported_type"]);
  });
});
