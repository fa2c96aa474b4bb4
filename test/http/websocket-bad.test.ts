/** What a WebSocket may not be sent, and what is not a handshake: refused, and nothing of it is stored. */
import { beforeAll, describe, expect, it } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { call, codeOf } from "../support/http-client.js";
import { openRaw, type RawSocket } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { frameOf, handshake, handshakeText, openSocket } from "../support/ws-client.js";

const app = standalone();
const url = () => app().url;
const countOf = (text: string) =>
  app().db.prepare("SELECT count(*) FROM messages WHERE text = ?").pluck().get(text);

beforeAll(() => makeRoom(url(), "Maker", "yard", "The yard"));

describe("a frame that may not be", () => {
  /** The code of the close frame that a bare connection was sent. */
  async function codeAfter(act: (raw: RawSocket) => void): Promise<number> {
    const raw = await openRaw(app().port);
    raw.write(handshakeText("/ws?since=now&room=yard"));
    await raw.until(/"messages":\[\]/);
    act(raw);
    await raw.until(/"messages":\[\].*\x88/s);
    raw.write(frameOf(8, ""));
    await raw.gone;
    const bytes = Buffer.from(raw.received(), "latin1");
    const at = bytes.lastIndexOf(Buffer.from([0x88]));
    return bytes.readUInt16BE(at + 2);
  }

  const behind = (what: string) => `behind a frame that is ${what}`;
  it.each([
    ["binary", 1003, frameOf(2, "x")],
    ["not UTF-8", 1007, frameOf(1, Buffer.from([0xc3, 0x28]))],
    ["over 16 KiB", 1009, frameOf(1, "x".repeat(16 * 1024 + 1))],
    ["of an unknown kind", 1002, frameOf(3, "x")],
    ["a continuation of nothing", 1002, frameOf(0, "x")],
    [
      "over 16 KiB in fragments",
      1009,
      Buffer.concat([frameOf(1, "x".repeat(16_000), false), frameOf(0, "x".repeat(1000))]),
    ],
  ])("(%s) closes with %i, and what follows it is not stored", async (what, code, frame) => {
    expect(
      await codeAfter((raw) => {
        raw.write(Buffer.concat([frame, frameOf(1, JSON.stringify({ name: "Bea", text: behind(what) }))]));
      }),
    ).toBe(code);
    await say(url(), "Ana", "a turn later");
    expect(countOf(behind(what))).toBe(0);
  });

  it("without a mask closes with 1002", async () => {
    expect(await codeAfter((raw) => raw.write(Buffer.from([0x81, 1, 0x78])))).toBe(1002);
  });

  it("of 16 KiB is a send like any other", async () => {
    const { socket, has, frames } = await openSocket(url(), "?since=now&room=yard");
    await has(1);
    const text = JSON.stringify({ name: "Bea", text: "fits" });
    socket.send(text.padEnd(16 * 1024, " "));
    await has(2);
    expect(frames[1]).toMatchObject({ status: 201 });
    socket.terminate();
  });
});

describe("a plain request to /ws", () => {
  it.each(["GET", "HEAD"])("by %s is answered with 426 at once", async (method) => {
    const answer = await call(`${url()}/ws`, { method });
    expect([answer.status, answer.headers.upgrade]).toEqual([426, "websocket"]);
    if (method === "GET") expect(codeOf(answer)).toBe("upgrade_required");
  });

  it("by POST is answered with 405", async () => {
    expect((await call(`${url()}/ws`, { method: "POST" })).status).toBe(405);
  });

  it.each([
    ["an unknown room", "?room=nowhere", {}, 404],
    ["a bad cursor", "?since=x", {}, 400],
    ["a bad echo", "?echo=2", {}, 400],
    ["a bad key", "", { "Sec-WebSocket-Key": "short" }, 400],
    ["a bad version", "", { "Sec-WebSocket-Version": "99" }, 400],
  ])("as a handshake with %s is refused before 101", async (_what, query, headers, status) => {
    expect((await handshake(url(), query, headers)).status).toBe(status);
  });
});
