/** GET /history: going back through a room, page by page, with nothing missing and nothing twice. */
import { beforeAll, describe, expect, it } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { call, codeOf, type WireMessage } from "../support/http-client.js";
import { standalone } from "../support/standalone.js";

interface Page {
  readonly messages: readonly WireMessage[];
  readonly next: string;
  readonly more: boolean;
}

const app = standalone();
const ids: number[] = [];

beforeAll(async () => {
  await makeRoom(app().url, "Maker", "yard", "The yard");
  for (let i = 0; i < 7; i++) {
    ids.push(await say(app().url, "Ana", `lobby ${i}`));
    await say(app().url, "Ana", `yard ${i}`, "yard");
  }
});

async function history(query: string): Promise<Page> {
  const answer = await call(`${app().url}/history?${query}`);
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text) as Page;
}

const idsOf = ({ messages }: Page) => messages.map(({ id }) => id);

describe("history", () => {
  it("without before is the newest of the lobby, ascending, in the wire format", async () => {
    const page = await history("");
    expect(idsOf(page)).toEqual(ids);
    expect(page).toMatchObject({ more: false, next: `${ids.at(-1)}-${app().chat.store.log.epoch}` });
    expect(page.messages[0]).toMatchObject({
      room: "lobby",
      kind: "message",
      from: { name: "Ana" },
      text: "lobby 0",
    });
    const polled = JSON.parse((await call(`${app().url}/poll`)).text) as Page;
    expect(page.messages).toEqual(polled.messages);
  });

  it("back by the oldest id gives every message once, in pages that say whether there is more", async () => {
    const pages: Page[] = [];
    let before = "";
    do {
      const page = await history(`limit=3${before}`);
      pages.push(page);
      before = `&before=${idsOf(page)[0]}`;
    } while (pages.at(-1)?.more);
    expect(pages.map((page) => idsOf(page))).toEqual([ids.slice(4), ids.slice(1, 4), ids.slice(0, 1)]);
    expect(idsOf(await history(`limit=7`))).toEqual(ids);
    expect((await history("limit=7")).more).toBe(false);
    expect((await history("limit=6")).more).toBe(true);
  });

  it("is of one room", async () => {
    const page = await history(`room=yard&before=${ids[2]}`);
    expect(page.messages.map(({ text }) => text)).toEqual(["yard 0", "yard 1"]);
  });

  it("takes before as an id or as a cursor, and leaves that message out", async () => {
    for (const before of [`${ids[1]}`, `${ids[1]}-${app().chat.store.log.epoch}`])
      expect(idsOf(await history(`before=${before}`))).toEqual([ids[0]]);
  });

  it("below the first message is empty, and is no error", async () => {
    for (const before of ["0", "1"])
      expect(await history(`before=${before}`)).toEqual({
        messages: [],
        next: `0-${app().chat.store.log.epoch}`,
        more: false,
      });
  });

  it.each([
    ["before=-1", "bad_before"],
    ["before=1.5", "bad_before"],
    ["before=now", "bad_before"],
    ["before=", "bad_before"],
    ["before=9007199254740992", "bad_before"],
    ["before=1&before=2", "bad_before"],
    ["limit=0", "bad_limit"],
    ["limit=-1", "bad_limit"],
    ["limit=x", "bad_limit"],
    ["room=lobby&room=yard", "bad_room"],
    ["room=%E0%A4%A", "bad_encoding"],
  ])("refuses %s", async (query, code) => {
    const answer = await call(`${app().url}/history?${query}`);
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
  });

  it("of a room that is not there is 404", async () => {
    const answer = await call(`${app().url}/history?room=nowhere`);
    expect([answer.status, codeOf(answer)]).toEqual([404, "no_room"]);
  });

  it("is never cached, has no ETag, and takes GET and HEAD only", async () => {
    const got = await call(`${app().url}/history`, { headers: { "if-none-match": "*" } });
    expect(got.status).toBe(200);
    expect(got.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    expect(got.headers).not.toHaveProperty("etag");
    const head = await call(`${app().url}/history`, { method: "HEAD" });
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([
      200,
      "",
      got.headers["content-length"],
    ]);
    const post = await call(`${app().url}/history`, { form: {} });
    expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });
});
