/** A poll's answer beside its rows: status, headers, methods, preferences, and what it leaves untouched. */
import { beforeAll, describe, expect, it } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { rowsOf, standalone } from "../support/standalone.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";

const app = standalone();

beforeAll(async () => {
  await say(app().url, "Ana", "Grüße 你好 😀");
});

describe("headers", () => {
  const expected = {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    pragma: "no-cache",
    expires: "0",
    "x-content-type-options": "nosniff",
  };

  it.each([
    ["with rows", "since=0"],
    ["empty", "since=now&wait=0"],
    ["with the newest page", ""],
    ["with a reset", "since=5-zzzz"],
  ])("of an answer %s keep every cache from it, and say its length in bytes", async (_what, query) => {
    const { headers, text } = await call(`${app().url}/poll?${query}`, {
      headers: { Origin: "https://other.example" },
    });
    expect(headers).toMatchObject(expected);
    expect(headers["content-length"]).toBe(String(Buffer.byteLength(text)));
    for (const absent of ["etag", "last-modified", "transfer-encoding", "set-cookie", "x-powered-by"])
      expect(headers, absent).not.toHaveProperty(absent);
    for (const name of Object.keys(headers)) expect(name).not.toMatch(/^access-control-/);
  });

  it("of a woken poll are the same", async () => {
    const poll = await park(benchOf(app()), "/poll?since=now");
    await say(app().url, "Ana", "wake up");
    expect((await poll.answer).headers).toMatchObject(expected);
  });

  it.each([
    ["If-None-Match", "*"],
    ["If-Modified-Since", "Wed, 21 Oct 2099 07:28:00 GMT"],
    ["Range", "bytes=0-3"],
  ])("%s changes nothing: the whole answer comes", async (name, value) => {
    const plain = await call(`${app().url}/poll?since=0&limit=1`);
    const asked = await call(`${app().url}/poll?since=0&limit=1`, { headers: { [name]: value } });
    expect([asked.status, asked.text]).toEqual([200, plain.text]);
  });
});

describe("methods", () => {
  it.each(["since=0", "since=now", "", "since=now&room=nowhere"])(
    "HEAD %s never parks, and has the headers of a GET that does not",
    async (query) => {
      const head = await call(`${app().url}/poll?${query}`, { method: "HEAD" });
      const get = await call(`${app().url}/poll?${query}&wait=0`);
      const { date: _headDate, ...headHeaders } = head.headers;
      const { date: _getDate, ...getHeaders } = get.headers;
      expect([head.status, headHeaders, head.text]).toEqual([get.status, getHeaders, ""]);
    },
  );

  it.each(["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])(
    "%s is refused, and what is allowed is said",
    async (method) => {
      const answer = await call(`${app().url}/poll?since=0`, { method });
      expect([answer.status, answer.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
      expect(JSON.parse(answer.text)).toMatchObject({ status: 405, code: "method_not_allowed" });
    },
  );

  it("OPTIONS says what is allowed, and nothing to other sites", async () => {
    const { status, headers } = await call(`${app().url}/poll`, {
      method: "OPTIONS",
      headers: { Origin: "https://other.example", "Access-Control-Request-Method": "GET" },
    });
    expect([status, headers.allow]).toEqual([204, "GET, HEAD, OPTIONS"]);
    for (const name of Object.keys(headers)) expect(name).not.toMatch(/^access-control-/);
  });
});

describe("Prefer: wait", () => {
  it.each([
    ["wait=0", "", "wait=0"],
    ["wait=60, handling=lenient", "", "wait=45"],
    ["respond-async, wait=9", "", "wait=9"],
    ["wait=0", "&wait=0", undefined],
    ["wait=-1", "&wait=0", undefined],
    ["wait=soon", "&wait=0", undefined],
  ])("%s%s is answered with %s", async (prefer, query, applied) => {
    const { status, headers } = await call(`${app().url}/poll?since=0&limit=1${query}`, {
      headers: { prefer },
    });
    expect([status, headers["preference-applied"]]).toEqual([200, applied]);
  });

  it("of nought seconds does not park", async () => {
    const { text } = await call(`${app().url}/poll?since=now`, { headers: { prefer: "wait=0" } });
    expect(JSON.parse(text)).toMatchObject({ messages: [] });
    await nobodyWaits(benchOf(app()));
  });
});

describe("a poll leaves no trace", () => {
  let ana: Member;
  beforeAll(async () => {
    ana = await signIn(app().url, "Ana");
    await makeRoom(app().url, "Maker", "yard", "The yard");
    // As if the last touch were long ago: whoever would touch, would write.
    app().db.prepare("UPDATE sessions SET expires_at = expires_at - 86400000").run();
    app().db.prepare("UPDATE users SET seen_at = seen_at - 120000").run();
  });

  it.each([
    ["without a cookie", () => ({})],
    ["with a session", () => ({ cookie: ana.cookie })],
    ["with a cookie that is none of ours", () => ({ cookie: "parkbench.sid=s%3Aforged.forged; other=1" })],
  ])("%s: no session row, no touch, no cookie set, parked or not", async (_who, headers) => {
    const before = [rowsOf(app(), "sessions"), rowsOf(app(), "users")];
    const options = { headers: headers() };
    const atOnce = await call(`${app().url}/poll?since=0`, options);
    const parked = await park(benchOf(app()), "/poll?since=now&room=yard", options);
    await say(app().url, "Guest-1", "wake up", "yard");
    for (const { status, headers: answered } of [atOnce, await parked.answer]) {
      expect(status).toBe(200);
      expect(answered).not.toHaveProperty("set-cookie");
    }
    expect([rowsOf(app(), "sessions"), rowsOf(app(), "users")]).toEqual(before);
  });

  it("while a page does touch the name of who loads it", async () => {
    const before = rowsOf(app(), "users");
    await call(`${app().url}/rooms/lobby`, { headers: { cookie: ana.cookie } });
    expect(rowsOf(app(), "users")).not.toEqual(before);
  });
});
