/** Upgrades on a server of HTTPS: handshakes, and requests that are put back into their encrypted connection. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type Chat, createChat } from "../../src/index.js";
import { makeFolder } from "../support/server.js";
import { until } from "../support/until.js";

/** A key that both ends have already: no certificate has to be made. TLS 1.3 has no such suites in Node. */
const TLS = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const;
const key = Buffer.from("a key of both ends, of 32 bytes.");
const CLIENT = {
  ...TLS,
  pskCallback: () => ({ psk: key, identity: "chat" }),
  checkServerIdentity: () => undefined,
};

let chat: Chat;
let port = 0;
const host = express();
const server = createServer({ ...TLS, pskCallback: () => key, pskIdentityHint: "chat" }, host);

beforeAll(async () => {
  chat = createChat({ database: join(makeFolder(), "tls.db") });
  host.use("/chat", chat.router);
  chat.attach(server, { path: "/chat" });
  await chat.ready;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await chat.close();
});

describe("over TLS", () => {
  it("a WebSocket takes and gives messages", async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/chat/ws?since=now`, CLIENT as object);
    const frames: { messages?: { text: string }[]; status?: number }[] = [];
    socket.on("message", (content) => frames.push(JSON.parse(String(content))));
    await new Promise<void>((done, fail) => socket.once("open", done).once("error", fail));
    socket.send(JSON.stringify({ name: "Ana", text: "over TLS" }));
    await until(() => frames.some(({ status }) => status === 201), "acknowledged");
    await until(() => frames.some(({ messages }) => messages?.[0]?.text === "over TLS"), "delivered");
    socket.terminate();
    await until(() => chat.stats().parked === 0, "nobody waiting");
  });

  it.each(["h2c", "websocket"])(
    "a request for an upgrade to %s that is nobody's is answered as the plain one, and the connection goes on",
    async (protocol) => {
      const socket = connect({ port, host: "127.0.0.1", ...CLIENT } as object);
      let text = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
      await new Promise<void>((done, fail) => socket.once("secureConnect", done).once("error", fail));
      const ask = `GET /chat/healthz HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
      for (let answers = 1; answers <= 3; answers++) {
        socket.write(ask);
        await until(
          () => text.match(/HTTP\/1\.1 200 /g)?.length === answers,
          () => `answer ${answers}: ${text}`,
        );
      }
      expect(text).not.toMatch(/HTTP\/1\.1 (?!200)/);
      socket.destroy();
    },
  );
});
