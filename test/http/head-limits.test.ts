/** An address or a number of headers beyond the limit is refused with what to do, on every road in; nothing is dropped. */
import { describe, expect, it } from "vitest";
import { embedded } from "../support/embedded.js";
import { problemIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { answersIn } from "../support/raw-answers.js";
import { openRaw } from "../support/raw-socket.js";
import { countOf, standalone } from "../support/standalone.js";
import { handshake } from "../support/ws-client.js";

const ADDRESS = 200;
const HEADERS = 12;
const limits = { addressBytesMax: ADDRESS, headersMax: HEADERS };
const app = standalone({ limits });
const host = embedded({ limits });
const defaults = standalone();
const unlimited = standalone({ limits: { addressBytesMax: 0, headersMax: 0 } });

/** The same address, as long as it is to be. */
const padded = (path: string, bytes: number) => `${path}${"x".repeat(bytes - path.length)}`;
const PATHS = ["/poll?since=0&wait=0&x=", "/poll?since=now&wait=0&x=", "/events?x=", "/history?x=", "/?x="];

/** A request with so many headers, and its answers. */
async function withHeaders(port: number, request: string, count: number, body = "") {
  const fixed = ["Host: chat", "Connection: close", ...(body ? [`Content-Length: ${body.length}`] : [])];
  const more = Array.from({ length: count - fixed.length }, (_, i) => `X-${i}: y`);
  const socket = await openRaw(port);
  socket.write(`${request} HTTP/1.1\r\n${[...more, ...fixed].join("\r\n")}\r\n\r\n${body}`);
  await socket.gone;
  return answersIn(socket.received());
}

describe("an address", () => {
  it.each(PATHS)("%s of a byte too many is 414, and one of just as many is answered", async (path) => {
    const url = (bytes: number) => app().url + padded(path, bytes);
    const refused = await call(url(ADDRESS + 1));
    expect([refused.status, codeOf(refused)]).toEqual([414, "address_too_long"]);
    const method = path.startsWith("/events") ? "HEAD" : "GET";
    expect((await call(url(ADDRESS), { method })).status).toBe(200);
  });

  it("is a page's problem for a browser, and a handshake's before it is accepted", async () => {
    const page = await call(app().url + padded("/rooms/lobby?x=", ADDRESS + 1), {
      headers: { accept: "text/html" },
    });
    expect([page.status, problemIn(page.text)]).toEqual([
      414,
      expect.stringContaining("longer than 200 bytes"),
    ]);
    expect((await handshake(app().url, padded("?x=", ADDRESS))).status).toBe(414);
  });

  it("is counted in a host's application as it comes to the chat; the host's own are not", async () => {
    const url = host().bench.url;
    expect((await call(url + padded("/history?x=", ADDRESS + 1))).status).toBe(414);
    expect((await call(url + padded("/history?x=", ADDRESS))).status).toBe(200);
    expect((await call(host().host + padded("/session?x=", 2 * ADDRESS))).status).toBe(200);
  });

  it("has 8 KiB by default, and none at 0 but Node's own of the whole head", async () => {
    expect((await call(defaults().url + padded("/healthz?", 8192))).status).toBe(200);
    expect((await call(defaults().url + padded("/healthz?", 8193))).status).toBe(414);
    expect((await call(unlimited().url + padded("/healthz?", 15_000))).status).toBe(200);
    expect((await call(unlimited().url + padded("/healthz?", 17_000))).status).toBe(431);
  });
});

describe("headers", () => {
  it.each(["/poll?since=0&wait=0", "/poll?since=now&wait=0", "/history", "/", "/rooms/lobby"])(
    "of a request for %s: one too many is 431, and just as many are answered",
    async (path) => {
      const [refused] = await withHeaders(app().port, `GET ${path}`, HEADERS + 1);
      expect([refused?.status, JSON.parse(refused?.body ?? "").code]).toEqual([431, "too_many_headers"]);
      expect((await withHeaders(app().port, `GET ${path}`, HEADERS))[0]?.status).toBe(200);
    },
  );

  it("of a send: it is not stored, nor is its body read as another request", async () => {
    const rows = countOf(app(), "messages");
    for (const count of [HEADERS + 1, 1500]) {
      const answers = await withHeaders(app().port, "POST /send", count, "GET /healthz HTTP/1.1\r\n\r\n");
      expect(answers.map(({ status }) => status)).toEqual([431]);
    }
    expect(countOf(app(), "messages")).toBe(rows);
  });

  it("are 100 by default, and at 0 as many as 16 KiB hold", async () => {
    expect((await withHeaders(defaults().port, "GET /healthz", 100))[0]?.status).toBe(200);
    expect((await withHeaders(defaults().port, "GET /healthz", 101))[0]?.status).toBe(431);
    expect((await withHeaders(unlimited().port, "GET /healthz", 1200))[0]?.status).toBe(200);
  });
});
