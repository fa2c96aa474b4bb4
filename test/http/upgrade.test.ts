/** Requests that ask for an upgrade: ours become WebSockets, what is nobody's is answered as a plain request, a host's are left alone. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { type Chat, createChat } from "../../src/index.js";
import { openRaw } from "../support/raw-socket.js";
import { makeFolder } from "../support/server.js";
import { standalone } from "../support/standalone.js";
import { handshakeText, openSocket } from "../support/ws-client.js";

const app = standalone();

const H2C =
  "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n";

describe("a request that asks for h2c", () => {
  it("is answered as the plain one, and the connection goes on", async () => {
    const raw = await openRaw(app().port);
    raw.write(`GET /healthz HTTP/1.1\r\nHost: chat\r\n${H2C}\r\n`);
    await raw.until(/^HTTP\/1\.1 200 /);
    raw.write(`GET /poll?room=nowhere HTTP/1.1\r\nHost: chat\r\n${H2C}\r\n`);
    await raw.until(/HTTP\/1\.1 404 .*no_room/s);
    raw.write("GET /poll?wait=0 HTTP/1.1\r\nHost: chat\r\n\r\n");
    await raw.until(/HTTP\/1\.1 200 .*"messages":/s);
    raw.reset();
  });

  it.each([
    ["whole", 0],
    ["in two parts", 5],
  ])("with a body that comes %s is stored, once", async (_how, heldBack) => {
    const raw = await openRaw(app().port);
    const body = `name=Ana&text=by+h2c+${heldBack}`;
    const text =
      `POST /send HTTP/1.1\r\nHost: chat\r\n${H2C}Content-Type: application/x-www-form-urlencoded\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`;
    raw.write(text.slice(0, text.length - heldBack));
    if (heldBack > 0) raw.write(text.slice(-heldBack));
    await raw.until(/^HTTP\/1\.1 201 .*by h2c/s);
    const rows = app().db.prepare("SELECT count(*) FROM messages WHERE text = ?").pluck();
    expect(rows.get(`by h2c ${heldBack}`)).toBe(1);
    raw.reset();
  });
});

describe("a handshake", () => {
  it("to another address is answered like any request to it: 404 when there is nothing", async () => {
    const raw = await openRaw(app().port);
    raw.write(handshakeText("/nothing/here"));
    await raw.until(/^HTTP\/1\.1 404 /);
    raw.reset();
  });

  it("behind a request that is not answered yet ends that connection, and not the process", async () => {
    const raw = await openRaw(app().port);
    raw.write(`GET /poll?since=now&wait=20 HTTP/1.1\r\nHost: chat\r\n\r\n${handshakeText("/ws")}`);
    await raw.gone;
    const h2c = await openRaw(app().port);
    h2c.write(
      `GET /poll?since=now&wait=20 HTTP/1.1\r\nHost: chat\r\n\r\nGET /healthz HTTP/1.1\r\nHost: chat\r\n${H2C}\r\n`,
    );
    await h2c.gone;
    const reader = await openSocket(app().url);
    reader.socket.terminate();
  });

  it("that is reset in its middle leaves the server and its readers alone", async () => {
    for (let i = 0; i < 20; i++) {
      const raw = await openRaw(app().port);
      raw.write(handshakeText("/ws?since=now"));
      raw.reset();
      await raw.gone;
    }
    const reader = await openSocket(app().url);
    await reader.has(1);
    reader.socket.terminate();
    await expect.poll(() => app().chat.tail.parked).toBe(0);
  });
});

describe("two chats on one server", () => {
  const chats: Chat[] = [];
  let server: Server;
  let port = 0;

  async function start(paths: readonly (string | undefined)[], listen?: (server: Server) => void) {
    const host = express();
    server = createServer(host);
    listen?.(server);
    for (const [i, path] of ["/a", "/b"].entries()) {
      const chat = createChat({ database: join(makeFolder(), `${i}.db`) });
      host.use(path, chat.router);
      chat.attach(server, paths[i] === undefined ? {} : { path: paths[i] });
      chats.push(chat);
      await chat.ready;
      await chat.send({ room: "lobby", text: `in ${path}` });
    }
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    port = (server.address() as AddressInfo).port;
  }

  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    for (const chat of chats.splice(0)) await chat.close();
  });

  it.each([[["/a", "/b"]], [[undefined, undefined]]])(
    "attached with the paths %j are reached each by its own",
    async (paths) => {
      await start(paths);
      for (const path of ["/a", "/b"]) {
        const reader = await openSocket(`http://127.0.0.1:${port}${path}`);
        await reader.has(1);
        expect(reader.texts()).toEqual([`in ${path}`]);
        reader.socket.terminate();
      }
    },
  );

  it("leave what is nobody's to be answered as a plain request", async () => {
    await start(["/a", "/b"]);
    const raw = await openRaw(port);
    raw.write(`GET /a/healthz HTTP/1.1\r\nHost: chat\r\n${H2C}\r\n`);
    await raw.until(/^HTTP\/1\.1 200 /);
    raw.write(handshakeText("/elsewhere"));
    await raw.until(/HTTP\/1\.1 404 /);
    raw.reset();
  });

  it.each([
    ["/own", ["/a", "/b"]],
    ["/own/ws", [undefined, undefined]],
  ])("leave a handshake to %s, attached with %j, to the host that listens for it", async (address, paths) => {
    const requests: string[] = [];
    await start(paths, (server) => {
      server.on("request", ({ url }) => requests.push(url ?? ""));
      server.on("upgrade", (req, socket) => {
        if (req.url !== address) return;
        socket.write("HTTP/1.1 101 Own\r\n\r\n");
        socket.on("data", (chunk) => socket.write(`(${chunk})`));
        socket.on("end", () => socket.end());
      });
    });
    const raw = await openRaw(port);
    raw.write(handshakeText(address));
    await raw.until(/101 Own/);
    for (const word of ["one", "two"]) {
      raw.write(word);
      await raw.until(new RegExp(`\\(${word}\\)$`));
    }
    // Nothing but the host's own words: neither its request once more, nor an answer of ours.
    expect([raw.received(), requests]).toEqual(["HTTP/1.1 101 Own\r\n\r\n(one)(two)", []]);
    raw.end();
    await raw.gone;
  });
});
