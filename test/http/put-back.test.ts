/** A request whose upgrade is passed over is put back whole, or not at all: never a part of it, and never more than it. */
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { LIMITS } from "../../src/core/limits.js";
import { setTimeouts } from "../../src/http/timeouts.js";
import { handUpgrades } from "../../src/http/upgrade.js";
import { stopper } from "../../src/stop.js";
import { answersIn } from "../support/raw-answers.js";
import { openRaw } from "../support/raw-socket.js";
import { countOf, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const app = standalone();
/** As the chat takes; the Upgrade is not put back. */
const HEADERS_MAX = LIMITS.headersMax + 1;

const fillers = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: y\r\n`).join("");

/** A POST whose last header is its length, and whose body says of itself that it is another request. */
function postOf(path: string, headers: number): { readonly text: string; readonly body: string } {
  const second = "GET /healthz?smuggled HTTP/1.1\r\nHost: chat\r\n\r\n";
  const body = `name=Ana&text=${encodeURIComponent("by h2c")}&x=${second}`;
  const first =
    "Host: chat\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  const text = `POST ${path} HTTP/1.1\r\n${first}${fillers(headers - 5)}Content-Length: ${body.length}\r\n\r\n`;
  return { text, body };
}

function requestsSeen(): string[] {
  const seen: string[] = [];
  const note = ({ url }: { url?: string }) => void seen.push(url ?? "");
  app().server.on("request", note);
  onTestFinished(() => void app().server.off("request", note));
  return seen;
}

describe("a POST that asks for h2c", () => {
  it("with more headers than are taken is answered 431, and nothing else on its connection is read", async () => {
    const rows = countOf(app(), "messages");
    for (const headers of [HEADERS_MAX + 1, HEADERS_MAX + 2, 12 * HEADERS_MAX]) {
      const seen = requestsSeen();
      const raw = await openRaw(app().port);
      const { text, body } = postOf("/send", headers);
      raw.write(text + body);
      await raw.gone;
      expect(answersIn(raw.received()).map(({ status }) => status)).toEqual([431]);
      expect(raw.received().match(/HTTP\/1\.1 /g)).toHaveLength(1);
      expect(seen).toEqual(["/send"]);
    }
    expect(countOf(app(), "messages")).toBe(rows);
  });

  it("with as many as are taken is stored, and its body stays a body", async () => {
    const seen = requestsSeen();
    const raw = await openRaw(app().port);
    const { text, body } = postOf("/send", HEADERS_MAX);
    raw.write(text + body);
    await raw.until(/^HTTP\/1\.1 201 .*by h2c/s);
    raw.write("GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n");
    await raw.until(/HTTP\/1\.1 200 /);
    expect(seen).toEqual(["/send", "/healthz"]);
    raw.reset();
  });
});

describe("the limit is the server's own:", () => {
  it.each([
    ["Node's", null, 999, 200],
    ["Node's", null, 1000, 431],
    ["none", 0, 1200, 200],
    ["a host's", 10, 9, 200],
    ["a host's", 10, 10, 431],
  ])("%s (%s), with %i headers: %i", async (_whose, headersMax, headers, status) => {
    const seen: string[] = [];
    const server = createServer((req, res) => {
      seen.push(req.url ?? "");
      res.end("plain");
    });
    server.maxHeadersCount = headersMax;
    handUpgrades(server, "/ws");
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const raw = await openRaw((server.address() as AddressInfo).port);
    const { text, body } = postOf("/plain", headers);
    raw.write(text + body);
    await raw.until(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status === 431) await raw.gone;
    expect(seen).toEqual(status === 431 ? [] : ["/plain"]);
    raw.reset();
  });
});

describe("a connection that asks for an upgrade again and again", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("gathers no listeners, and no warning of them", async () => {
    const signals = ["SIGTERM", "SIGINT"] as const;
    const before = signals.map((signal) => process.listeners(signal));
    const warned = vi.spyOn(process, "emitWarning");
    const server = createServer((_req, res) => void res.end("plain"));
    setTimeouts(server);
    handUpgrades(server, "/ws");
    stopper({ server, chat: app().chat, logger: { info() {}, fatal() {}, error() {} } as never });
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
      for (const [i, signal] of signals.entries())
        for (const listener of process.listeners(signal))
          if (!before[i]?.includes(listener)) process.off(signal, listener);
    });
    const raw = await openRaw((server.address() as AddressInfo).port);
    const listeners: number[] = [];
    for (let i = 1; i <= 40; i++) {
      raw.write("GET / HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
      await until(() => answersIn(raw.received()).length === i, `answer ${i}`);
      const [socket] = sockets;
      listeners.push(
        (socket?.eventNames() ?? []).reduce((sum, name) => sum + (socket?.listenerCount(name) ?? 0), 0),
      );
    }
    expect(sockets.size).toBe(1);
    expect(listeners.at(-1)).toBe(listeners[1]);
    expect(warned.mock.calls.map(([warning]) => (warning as Error).name)).not.toContain(
      "MaxListenersExceededWarning",
    );
    raw.reset();
  });
});
