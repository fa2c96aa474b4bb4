/** Requests that are small to send and large to take: refused with the right code, and others are served meanwhile. */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { withBystander } from "../support/bystander.js";
import { call, codeOf } from "../support/http-client.js";
import { openRaw } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { frameOf, handshakeText } from "../support/ws-client.js";

const app = standalone();
withBystander(app);

/** Longer than anything here may hold the others up; the machine may be busy with other things, too. */
const HELD_UP_MS_MAX = 3000;

/** Whether others are answered while it is taken: `/readyz` writes to the database. */
async function othersAreServed<T>(work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  expect((await call(`${app().url}/readyz`)).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(HELD_UP_MS_MAX);
  return work;
}

async function post(body: string | Buffer, type: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${app().url}/send`, {
    method: "POST",
    headers: { "Content-Type": type, ...headers },
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  return { status: response.status, code: ((await response.json()) as { code?: string }).code };
}

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);

describe("a body", () => {
  it.each([
    [
      "of 10,000 fields",
      FORM,
      Array.from({ length: 10_000 }, (_, n) => `f${n % 97}`).join("&"),
      413,
      "too_large",
    ],
    ["of 5,000 fields", FORM, Array.from({ length: 5000 }, () => "a").join("&"), 400, "text_empty"],
    ["of 5,000 times one field", FORM, `text=a${"&room=lobby".repeat(1000)}`, 400, "bad_room"],
    ["of a text that is all percent signs", FORM, `text=${"%25".repeat(8000)}`, 400, "text_too_long"],
    ["of half escapes", FORM, `text=${"%".repeat(8000)}`, 400, "bad_encoding"],
    [
      "of escapes of escapes, which are read once",
      FORM,
      `name=Ana&text=${"%2525".repeat(3300)}`,
      400,
      "text_too_long",
    ],
    ["of &", FORM, "&".repeat(16_000), 400, "text_empty"],
    ["of =", FORM, "=".repeat(16_000), 400, "text_empty"],
    ["nested in arrays", JSON_TYPE, nested("[", "]", 8000), 400, "bad_json"],
    ["nested in objects", JSON_TYPE, `${'{"a":'.repeat(2700)}1${"}".repeat(2700)}`, 400, "text_empty"],
    ["of one key, again and again", JSON_TYPE, `{${'"a":1,'.repeat(2600)}"a":1}`, 400, "text_empty"],
    ["of escapes", JSON_TYPE, `{"text":"${"\\u0041".repeat(5000)}"}`, 400, "text_too_long"],
    ["of one number", JSON_TYPE, `{"text":${"9".repeat(16_000)}}`, 400, "bad_text"],
    ["of an exponent", JSON_TYPE, '{"as":1e999999999,"text":"x"}', 403, "wrong_user"],
    [
      "of a name of marks",
      FORM,
      `text=x&name=a${encodeURIComponent("\u0301\u0316".repeat(2000))}`,
      400,
      "bad_name",
    ],
    ["that is 300 KB", FORM, `text=${"x".repeat(300_000)}`, 413, "too_large"],
  ])("%s is refused", async (_what, type, body, status, code) => {
    expect(await othersAreServed(post(body, type))).toEqual({ status, code });
  });

  it("of __proto__ and constructor is fields like any other, and changes nothing for anybody", async () => {
    const json =
      '{"__proto__":{"guests":true,"text":"x"},"constructor":{"name":"x"},"toString":"x","hasOwnProperty":1}';
    expect(await post(json, JSON_TYPE)).toEqual({ status: 400, code: "text_empty" });
    const form = "__proto__=x&constructor=x&toString=x&text=";
    expect(await post(form, FORM)).toEqual({ status: 400, code: "text_empty" });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each(["gzip", "deflate", "br", "gzip, gzip"])(
    "in %s is refused before anything is unpacked",
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(10_000_000, "text=x&"));
      const headers = { "Content-Encoding": encoding };
      expect(await othersAreServed(post(bomb, FORM, headers))).toEqual({
        status: 415,
        code: "unsupported_type",
      });
    },
  );

  it("that trickles in chunks of a byte is counted by what it is, not by what it costs to send", async () => {
    const raw = await openRaw(app().port);
    raw.write(
      `POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: ${FORM}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = "1\r\nx\r\n".repeat(100);
    for (let sent = 0; sent < 60_000; sent += 100) raw.write(chunk);
    await othersAreServed(raw.gone);
    expect(raw.received()).toMatch(/^HTTP\/1\.1 413 .*"code":"too_large"/s);
  });
});

describe("a head", () => {
  it.each([
    ["of one header of 17 kB", `X: ${"y".repeat(17_000)}\r\n`, 431],
    ["of cookies", `Cookie: ${"a=b; ".repeat(3000)}parkbench.sid=s%3Ax.y\r\n`, 200],
    ["of a cookie's percent escapes", `Cookie: parkbench.sid=${"%25".repeat(5000)}\r\n`, 200],
    ["of preferences", `Prefer: ${"wait=x, ".repeat(1900)}\r\n`, 200],
    ["of types", `Accept: ${"text/html;q=0.1,".repeat(900)}\r\n`, 200],
  ])("%s is answered", async (_what, line, status) => {
    const raw = await openRaw(app().port);
    raw.write(`GET /poll?wait=0 HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n${line}\r\n`);
    await othersAreServed(raw.gone);
    expect(Number(raw.received().slice(9, 12))).toBe(status);
  });

  it("of an address with 2,000 fields is answered as one with those that it knows", async () => {
    const path = `/poll?wait=0&${"a=1&".repeat(2000)}`;
    expect((await othersAreServed(call(app().url + path))).status).toBe(200);
    expect(codeOf(await call(`${app().url}/poll?wait=0${"&room=lobby".repeat(700)}&since=x`))).toBe(
      "bad_since",
    );
    const rooms = Array.from({ length: 700 }, (_, n) => `room=r${n}`).join("&");
    expect(codeOf(await call(`${app().url}/poll?wait=0&${rooms}`))).toBe("bad_room");
  });

  it("of a longer address than is taken is refused before its fields are read", async () => {
    const answer = await othersAreServed(call(`${app().url}/poll?since=x&${"a=1&".repeat(3000)}`));
    expect([answer.status, codeOf(answer)]).toEqual([414, "address_too_long"]);
  });
});

describe("a WebSocket", () => {
  async function closedAfter(bytes: Buffer): Promise<number> {
    const raw = await openRaw(app().port);
    raw.write(handshakeText("/ws?since=now", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    await raw.until(/"messages":\[\]/);
    expect(raw.received()).not.toMatch(/sec-websocket-extensions/i);
    raw.write(bytes);
    await othersAreServed(raw.until(/"messages":\[\].*\x88/s));
    raw.write(frameOf(8, ""));
    await raw.gone;
    const answered = Buffer.from(raw.received(), "latin1");
    return answered.readUInt16BE(answered.lastIndexOf(0x88) + 2);
  }

  it("of fragments without end is closed, though each is empty or small", async () => {
    const small = Buffer.concat([
      frameOf(1, "{", false),
      ...Array.from({ length: 20_000 }, () => frameOf(0, " ", false)),
    ]);
    expect([1008, 1009]).toContain(await closedAfter(small));
  });

  it("of compressed frames is closed: no compression was agreed on", async () => {
    const frame = frameOf(1, gzipSync("x".repeat(10_000)));
    frame[0] = (frame[0] ?? 0) | 0x40;
    expect(await closedAfter(frame)).toBe(1002);
  });

  it("of a frame that says it is 8 EB long is closed before any of it comes", async () => {
    expect(await closedAfter(Buffer.from([0x81, 0xff, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff]))).toBe(1009);
  });
});
