/** Addresses and heads that make no sense are refused with a stable code, and disturb nobody. */
import { beforeAll, describe, expect, it } from "vitest";
import { withBystander } from "../support/bystander.js";
import { call, codeOf } from "../support/http-client.js";
import { answersIn } from "../support/raw-answers.js";
import { openRaw } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";

const app = standalone();
withBystander(app);

const INVISIBLE = "%E2%80%8B";
const rooms = (count: number) => Array.from({ length: count }, (_, i) => `room=r${i}`).join("&");

describe("GET /poll", () => {
  it.each([
    ["since=-1", "bad_since"],
    ["since=1.5", "bad_since"],
    ["since=1e3", "bad_since"],
    ["since=01", "bad_since"],
    ["since=+1", "bad_since"],
    ["since=9007199254740992", "bad_since"],
    ["since=99999999999999999999", "bad_since"],
    ["since=", "bad_since"],
    ["since=newest", "bad_since"],
    ["since=NOW", "bad_since"],
    ["since=1-abc", "bad_since"],
    ["since=1-abcdefghi", "bad_since"],
    ["since=1-ab_d", "bad_since"],
    ["since=1%00", "bad_since"],
    ["since=1%0A", "bad_since"],
    ["since=%D9%A1", "bad_since"],
    ["since=1&since=1", "bad_since"],
    ["wait=NaN", "bad_wait"],
    ["wait=", "bad_wait"],
    ["wait=-1", "bad_wait"],
    ["wait=0.5", "bad_wait"],
    ["wait=1e9", "bad_wait"],
    ["wait=0x10", "bad_wait"],
    ["wait=Infinity", "bad_wait"],
    ["wait=1&wait=2", "bad_wait"],
    ["limit=0", "bad_limit"],
    ["limit=-5", "bad_limit"],
    ["limit=1.5", "bad_limit"],
    ["limit=all", "bad_limit"],
    ["limit=1&limit=1", "bad_limit"],
    ["client=", "bad_client"],
    [`client=${"c".repeat(33)}`, "bad_client"],
    ["client=a%20b", "bad_client"],
    ["client=a&client=b", "bad_client"],
    [rooms(51), "bad_room"],
    ["since=%", "bad_encoding"],
    ["room=%E0%A4%A", "bad_encoding"],
    ["room=%FF", "bad_encoding"],
    ["room=%ED%A0%80", "bad_encoding"],
    ["%zz=1", "bad_encoding"],
  ])("%s: 400 %s", async (query, code) => {
    const answer = await call(`${app().url}/poll?${query}`);
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
  });

  it.each([
    "room=nowhere",
    "room=",
    "room=LOBBY",
    "room=lobby%00",
    `room=lobby${INVISIBLE}`,
    "room=__proto__",
    "room=constructor",
    `room=${"r".repeat(65)}`,
    "room=lobby&room=nowhere",
    "room=..%2Flobby",
    rooms(50),
  ])("%s: 404 no_room, at once", async (query) => {
    const answer = await call(`${app().url}/poll?since=now&${query}`);
    expect([answer.status, codeOf(answer)]).toEqual([404, "no_room"]);
  });

  it("problems are problem details, never cached, and show nothing of the program", async () => {
    const { headers, text } = await call(`${app().url}/poll?since=-1`);
    expect(headers).toMatchObject({
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    });
    expect(Object.keys(JSON.parse(text) as object).sort()).toEqual([
      "code",
      "detail",
      "status",
      "title",
      "type",
    ]);
    expect(text).not.toMatch(/\bat \/|node_modules|\.ts\b|\.js\b/);
  });
});

describe("other addresses", () => {
  it.each([
    ["/history?before=-1", 400, "bad_before"],
    ["/history?before=9007199254740992", 400, "bad_before"],
    ["/history?before=1&before=2", 400, "bad_before"],
    ["/history?limit=0", 400, "bad_limit"],
    ["/history?room=a&room=b", 400, "bad_room"],
    ["/history?room=nowhere", 404, "no_room"],
    ["/history?room=%FF", 400, "bad_encoding"],
    ["/rooms/%E0%A4%A", 400, "bad_request"],
    ["/nothing/here", 404, "not_found"],
    ["/../../etc/passwd", 404, "not_found"],
    ["/%2e%2e/package.json", 404, "not_found"],
    ["//evil.example/", 404, "not_found"],
  ])("%s: %d %s", async (path, status, code) => {
    const answer = await call(app().url + path);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it.each([
    "/rooms/nowhere",
    "/rooms/nowhere/wait?since=now",
    "/rooms/lobby/wait?since=-1",
    "/rooms/lobby?before=x",
  ])("%s is a page that says what is wrong, with its status", async (path) => {
    const { status, headers, text } = await call(app().url + path);
    expect(status).toBe(path.includes("nowhere") ? 404 : 400);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(text).toMatch(/no_room|bad_since|bad_before/);
  });
});

describe("heads", () => {
  const HOSTS = "Host: chat\r\nHost: chat\r\n";

  /** Bytes out, the first answer in; by then the connection must be closed. */
  async function first(bytes: string) {
    const socket = await openRaw(app().port);
    socket.write(bytes);
    await socket.gone;
    const [answer] = answersIn(socket.received());
    return answer;
  }

  it.each([
    ["no Host", "GET /poll?wait=0 HTTP/1.1\r\n\r\n"],
    ["an unknown method", "BREW /poll HTTP/1.1\r\nHost: chat\r\n\r\n"],
    ["a NUL in a header", "GET /poll?wait=0 HTTP/1.1\r\nHost: chat\r\nX: a\0b\r\n\r\n"],
    ["a space before the colon", "GET /poll?wait=0 HTTP/1.1\r\nHost : chat\r\n\r\n"],
    ["two lengths", "POST /send HTTP/1.1\r\nHost: chat\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"],
    [
      "length and chunks",
      "POST /send HTTP/1.1\r\nHost: chat\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ])("%s: 400, and the connection is closed", async (_what, bytes) => {
    expect((await first(bytes))?.status).toBe(400);
  });

  it.each([
    ["a poll", "GET /poll?wait=0 HTTP/1.1\r\n", "\r\n"],
    ["a room's page", "GET /rooms/lobby HTTP/1.1\r\n", "\r\n"],
    ["the history", "GET /history HTTP/1.1\r\n", "\r\n"],
    ["a send", "POST /send HTTP/1.1\r\nContent-Type: application/json\r\n", "Content-Length: 2\r\n\r\n{}"],
  ])("two Hosts on %s: 400 bad_host", async (_what, line, rest) => {
    const answer = await first(`${line}${HOSTS}Connection: close\r\n${rest}`);
    expect([answer?.status, JSON.parse(answer?.body ?? "{}")]).toMatchObject([400, { code: "bad_host" }]);
  });

  it.each([
    ["a length", "Content-Length: 5\r\n\r\n"],
    ["chunks", "Transfer-Encoding: chunked\r\n\r\n"],
  ])("a poll with a body by %s is refused before the body comes", async (_what, rest) => {
    const answer = await first(`GET /poll?since=now HTTP/1.1\r\nHost: chat\r\n${rest}`);
    expect([answer?.status, answer?.headers.connection]).toEqual([400, "close"]);
    expect(JSON.parse(answer?.body ?? "{}")).toMatchObject({ code: "body_not_allowed" });
  });

  it("too much of a head: 431", async () => {
    expect((await first(`GET /poll?x=${"y".repeat(17_000)} HTTP/1.1\r\nHost: chat\r\n\r\n`))?.status).toBe(
      431,
    );
  });
});

describe("since a cursor that never was", () => {
  beforeAll(async () => {
    await app().chat.send({ room: "lobby", text: "something to be ahead of" });
  });

  it.each(["since=1-zzzz", "since=9007199254740991"])(
    "%s is a working client's, and gets a reset",
    async (query) => {
      const { status, text } = await call(`${app().url}/poll?${query}`);
      expect([status, JSON.parse(text)]).toMatchObject([200, { reset: {} }]);
    },
  );
});
