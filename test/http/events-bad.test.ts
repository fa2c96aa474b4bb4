/** What another program wrote forges nothing in a stream, and who asks for a stream wrongly is told so. */
import { describe, expect, it } from "vitest";
import { say } from "../support/guest.js";
import { call, codeOf } from "../support/http-client.js";
import { eventsIn, openStream, textsIn } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";

const app = standalone();
const url = () => app().url;

describe("a row of another program", () => {
  it("cannot forge a field, whatever stands in it", async () => {
    const stream = await openStream(`${url()}/events?since=now`);
    const bad = "x\r\nid: 1\r\revent: evil\n\ndata: {}\0\u2028";
    app()
      .db.prepare("INSERT INTO messages (room, author_name, text, kind, nonce) VALUES ('lobby', ?, ?, ?, ?)")
      .run(bad, bad, bad, bad);
    await say(url(), "Ana", "after the bad one");
    await stream.has("after the bad one");
    const lines = stream.text().split(/\r\n|\r|\n/);
    expect(lines.filter((line) => /^(id: 1|event: evil|data: \{\})$/.test(line))).toEqual([]);
    expect(stream.text()).not.toMatch(/[\r\0]/);
    expect(eventsIn(stream.text())).toHaveLength(3);
    expect(textsIn(stream.text())).toEqual([bad, "after the bad one"]);
    stream.leave();
  });

  it("without a kind, or with a text of 1 MB, comes all the same", async () => {
    const stream = await openStream(`${url()}/events?since=now`);
    const insert = app().db.prepare(
      "INSERT INTO messages (room, author_name, text, kind) VALUES ('lobby', 'Other', ?, ?)",
    );
    insert.run("no kind", "");
    insert.run("y".repeat(1 << 20), "message");
    await stream.has('yy","');
    expect(eventsIn(stream.text()).map(({ type, data }) => [type, data.text?.length])).toEqual([
      ["hello", undefined],
      ["message", 7],
      ["message", 1 << 20],
    ]);
    stream.leave();
  });
});

describe("a request for a stream", () => {
  it("by HEAD gets the headers only, and by POST 405", async () => {
    const head = await call(`${url()}/events`, { method: "HEAD" });
    expect([head.status, head.headers["content-type"], head.text]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
      "",
    ]);
    const post = await call(`${url()}/events`, { method: "POST" });
    expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });

  it.each([
    ["?since=x", 400, "bad_since"],
    ["?since=1&since=2", 400, "bad_since"],
    ["?limit=0", 400, "bad_limit"],
    ["?client=a%20b", 400, "bad_client"],
    ["?echo=2", 400, "bad_echo"],
    ["?typed=2", 400, "bad_request"],
    ["?room=nowhere", 404, "no_room"],
    ["?room=lobby&room=nowhere", 404, "no_room"],
  ])("with %s is answered with %i %s", async (query, status, code) => {
    const answer = await call(`${url()}/events${query}`);
    expect([answer.status, answer.headers["content-type"], codeOf(answer)]).toEqual([
      status,
      "application/problem+json",
      code,
    ]);
  });

  it("with a Last-Event-ID that is none is answered with 400", async () => {
    const answer = await call(`${url()}/events`, { headers: { "Last-Event-ID": "x y" } });
    expect([answer.status, codeOf(answer)]).toEqual([400, "bad_since"]);
  });
});
