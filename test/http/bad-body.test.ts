/** Bodies that make no sense are refused with a stable code, add no row, and disturb nobody. */
import type { Socket } from "node:net";
import request from "supertest";
import { describe, expect, it } from "vitest";
import { withBystander } from "../support/bystander.js";
import { answersIn } from "../support/raw-answers.js";
import { openRaw, type RawSocket, sendParts } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";

const app = standalone();
withBystander(app);

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
const ok = { room: "lobby", name: "Ana", text: "hi" };
const json = (fields: object) => JSON.stringify({ ...ok, ...fields });
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

async function send(type: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const test = request(app().url).post("/send").set("Content-Type", type).set(headers);
  // As bytes: supertest would serialise anything else once more.
  test.write(body);
  const { status, body: answer, headers: answered } = await test;
  return { status, code: (answer as { code?: string }).code, headers: answered as Record<string, string> };
}

describe("JSON", () => {
  it.each([
    ["an array", "[]", 400, "bad_json"],
    ["an array with the fields in it", `[${json({})}]`, 400, "bad_json"],
    ["a string", '"hi"', 400, "bad_json"],
    ["a number", "1", 400, "bad_json"],
    ["null", "null", 400, "bad_json"],
    ["nothing", "", 400, "bad_json"],
    ["half an object", '{"text":"hi"', 400, "bad_json"],
    ["two objects", `${json({})}${json({})}`, 400, "bad_json"],
    ["7,000 nested arrays", nested(7000), 400, "bad_json"],
    ["7,000 nested arrays as the text", `{"text":${nested(7000)}}`, 400, "bad_text"],
    ["30,000 nested arrays", nested(30_000), 413, "too_large"],
    ["30,000 nested objects", `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}`, 413, "too_large"],
    ["text as an array", json({ text: ["hi"] }), 400, "bad_text"],
    ["text as an object", json({ text: { toString: "hi" } }), 400, "bad_text"],
    ["text as a number", json({ text: 17 }), 400, "bad_text"],
    ["text as null", json({ text: null }), 400, "bad_text"],
    ["room as an array", json({ room: ["lobby"] }), 400, "bad_room"],
    ["name as an object", json({ name: {} }), 400, "bad_name"],
    ["nonce as a number", json({ nonce: 5 }), 400, "bad_nonce"],
    ["token as an array", json({ token: [] }), 400, "bad_request"],
    ["the fields in __proto__", `{"__proto__":${json({})}}`, 400, "text_empty"],
    ["the fields in constructor.prototype", `{"constructor":{"prototype":${json({})}}}`, 400, "text_empty"],
  ])("%s: refused", async (_what, body, status, code) => {
    expect(await send(JSON_TYPE, body)).toMatchObject({ status, code });
  });

  it("with __proto__ beside the fields sets no prototype's property", async () => {
    const body = `{"__proto__":{"polluted":1,"text":"other"},${json({ room: "nowhere" }).slice(1)}`;
    expect(await send(JSON_TYPE, body)).toMatchObject({ status: 404, code: "no_room" });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("text", () => {
  it.each([
    ["missing", undefined, "text_empty"],
    ["empty", "", "text_empty"],
    ["blank", " \t\r\n\u3000", "text_empty"],
    ["with a NUL", "a\0b", "bad_text"],
    ["with half a surrogate pair", "a\ud800b", "bad_text"],
    ["with the other half", "\udc00", "bad_text"],
    ["of 4,001 letters", "x".repeat(4001), "text_too_long"],
    ["of 4,001 emoji", "😀".repeat(4001), "text_too_long"],
    ["of 2,000 emoji and 2,001 letters", "😀".repeat(2000) + "x".repeat(2001), "text_too_long"],
  ])("%s: refused", async (_what, text, code) => {
    expect(await send(JSON_TYPE, json({ text }))).toMatchObject({ code });
  });

  it.each([
    ["a NUL", "text=a%00b&name=Ana", "bad_text"],
    ["bytes that are no UTF-8", "text=%FF%FE&name=Ana", "bad_encoding"],
    ["a surrogate in UTF-8", "text=%ED%A0%80&name=Ana", "bad_encoding"],
    ["half an escape", "text=100%&name=Ana", "bad_encoding"],
    ["text twice", "text=a&text=b&name=Ana", "bad_text"],
    ["room twice", "text=a&room=lobby&room=lobby&name=Ana", "bad_room"],
    ["token twice", "text=a&token=x&token=y&name=Ana", "bad_request"],
    ["4,001 letters of Chinese", `text=${encodeURIComponent("你".repeat(4001))}&name=Ana`, "text_too_long"],
    ["a nonce of 65", `text=a&name=Ana&nonce=${"n".repeat(65)}`, "bad_nonce"],
    ["an empty nonce", "text=a&name=Ana&nonce=", "bad_nonce"],
    ["no name", "text=a", "no_name"],
    ["an unknown room", "text=a&name=Ana&room=nowhere", "no_room"],
  ])("in a form, %s: refused", async (_what, form, code) => {
    const { status, code: answered } = await send(FORM_TYPE, form);
    expect([status >= 400 && status < 500, answered]).toEqual([true, code]);
  });

  it("that is raw bytes and no UTF-8: refused", async () => {
    for (const type of [JSON_TYPE, FORM_TYPE])
      expect(await send(type, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))).toMatchObject({
        status: 400,
        code: "bad_encoding",
      });
  });
});

describe("the body's kind", () => {
  it.each([
    ["text/plain", {}],
    ["application/xml", {}],
    ["multipart/form-data; boundary=x", {}],
    ["application/jsonp", {}],
    ["application/json; charset=utf-16", {}],
    ["application/x-www-form-urlencoded; charset=iso-8859-1", {}],
    [JSON_TYPE, { "Content-Encoding": "gzip" }],
  ])("%s: 415", async (type, headers) => {
    expect(await send(type, json({}), headers)).toMatchObject({ status: 415, code: "unsupported_type" });
  });

  it("a type in capitals and with a charset is taken", async () => {
    expect(await send("Application/JSON; Charset=UTF-8", json({ text: "" }))).toMatchObject({
      code: "text_empty",
    });
  });
});

describe("size", () => {
  const oneTooMany = 16 * 1024 + 1;

  it.each([
    ["JSON", JSON_TYPE, json({ pad: "x".repeat(oneTooMany - json({ pad: "" }).length) })],
    ["a form", FORM_TYPE, "text=a&name=Ana&pad=".padEnd(oneTooMany, "x")],
    ["a form that is large only as it is written", FORM_TYPE, `text=a&name=Ana&pad=${"%41".repeat(16_400)}`],
  ])("%s of 16 KiB and a byte: 413", async (_what, type, body) => {
    expect(await send(type, body)).toMatchObject({ status: 413, code: "too_large" });
  });

  it("too much is refused by its stated length, and the connection closed, before it comes", async () => {
    const socket = await openRaw(app().port);
    socket.write(
      `POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: 99999999\r\n\r\n{`,
    );
    await socket.gone;
    const [answer] = answersIn(socket.received());
    expect([answer?.status, answer?.headers.connection]).toEqual([413, "close"]);
  });
});

describe("a body that is cut off", () => {
  it.each([
    ["with an end", (socket: RawSocket) => socket.end()],
    ["with a reset", (socket: RawSocket) => socket.reset()],
  ])("%s one byte before its own: adds nothing, and is answered with nothing good", async (_how, cut) => {
    const seen = new Promise<void>((done) => {
      app().server.once("connection", (socket: Socket) => socket.once("close", () => done()));
    });
    const socket = await openRaw(app().port);
    const [head] = sendParts(ok);
    socket.write(head);
    cut(socket);
    await Promise.all([socket.gone, seen]);
    expect(socket.received()).not.toMatch(/^HTTP\/1\.1 2/);
  });
});
