/** What the shipped balancers do with single requests: whom they ask, what they tell, what they repeat, and what never. */
import { Agent, createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { describe, it } from "vitest";
import { BALANCERS, type Balancer } from "../support/balancers.js";
import { freePort } from "../support/free-port.js";
import { type Answer, call } from "../support/http-client.js";
import { startProxy } from "../support/proxy.js";
import { tools } from "../support/tools.js";

interface Seen {
  readonly by: number;
  readonly request: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the connection from the balancer. */
  readonly port: number | undefined;
}

/** Three servers that say who they are; those that are asked to die over a request do, when they have all of it. */
interface Scene {
  readonly seen: Seen[];
  readonly servers: readonly Server[];
  readonly url: string;
  close(): Promise<void>;
}

async function start(balancer: Balancer): Promise<Scene> {
  const seen: Seen[] = [];
  const servers = await Promise.all([0, 1, 2].map(listen));
  const ports = servers.map(({ port }) => port);
  const port = await freePort();
  const proxy = await startProxy(balancer.over(ports), port, 0);
  return {
    seen,
    servers: servers.map(({ server }) => server),
    url: proxy.url,
    async close() {
      await proxy.stop();
      for (const { server } of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };

  async function listen(by: number): Promise<{ server: Server; port: number }> {
    const server = createServer((req, res) => {
      req.resume().once("end", () => {
        const request = `${req.method} ${req.url}`;
        const earlier = seen.filter((one) => one.request === request).length;
        // Not the questions for /healthz and /readyz, which come at any time.
        if (!/z$/.test(req.url ?? ""))
          seen.push({ by, request, headers: req.headers, port: req.socket.remotePort });
        if (req.url === "/all-die" || (req.url === "/one-dies" && earlier === 0))
          req.socket.resetAndDestroy();
        else res.end(String(by));
      });
    });
    const port = await freePort();
    await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
    return { server, port };
  }
}

describe.skipIf(!tools.nginx || !tools.haproxy)("behind", () => {
  it.concurrent.for(BALANCERS)(
    "$name: in turn, nothing that was handed over twice, and servers know who asks",
    async (balancer, { expect, onTestFinished }) => {
      const { seen, servers, url, close } = await start(balancer);
      onTestFinished(close);
      const ask = (path: string, form?: Record<string, string>, headers = {}): Promise<Answer> =>
        call(url + path, { headers, ...(form && { form }) });

      // In turn, whoever asks; and nothing that would bind anybody to a server.
      const turns = [];
      const agent = new Agent({ keepAlive: true });
      for (let n = 0; n < 6; n++) turns.push(await call(`${url}/turn`, { agent }));
      agent.destroy();
      expect(turns.map(({ text }) => text).toSorted()).toEqual(["0", "0", "1", "1", "2", "2"]);
      expect(turns.filter(({ headers }) => headers["set-cookie"])).toEqual([]);
      // On connections that are kept.
      expect(new Set(seen.map(({ port }) => port)).size).toBeLessThan(6);

      // What a client claims comes before what the balancer knows, or not at all.
      await ask("/who", undefined, { "x-forwarded-for": "10.6.6.6", "x-forwarded-proto": "https" });
      const { headers } = seen.at(-1) as Seen;
      expect(String(headers["x-forwarded-for"]).split(/, */).at(-1)).toBe("127.0.0.1");
      expect([headers["x-forwarded-proto"], headers.host]).toEqual(["http", new URL(url).host]);

      // A GET whose server died over it is asked of another; a POST is not, though two would be there to take it.
      const count = (request: string) => seen.filter((one) => one.request === request).length;
      expect([(await ask("/one-dies")).status, count("GET /one-dies")]).toEqual([200, 2]);
      const lost = await ask("/all-die", { text: "once" });
      expect([lost.status, count("POST /all-die")]).toEqual([502, 1]);
      expect(lost.text).toContain("Reload this page");

      // A POST that could not be handed over is another's at once.
      servers[0]?.close();
      servers[0]?.closeAllConnections();
      for (let n = 0; n < 6; n++) expect((await ask(`/send-${n}`, { text: "on" })).status).toBe(200);
      for (let n = 0; n < 6; n++) expect(count(`POST /send-${n}`)).toBe(1);

      // Where none is in charge: as our own servers say it, for clients that go by that.
      for (const server of servers.slice(1)) {
        server.close();
        server.closeAllConnections();
      }
      const away = await ask("/send-none", { text: "off" });
      expect([away.status, away.headers["retry-after"]]).toEqual(
        balancer.name === "haproxy" ? [503, "2"] : [502, undefined],
      );
    },
  );
});
