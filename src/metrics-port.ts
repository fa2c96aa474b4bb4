/** The figures in the text form of Prometheus, on a server of their own at a loopback port. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

const HOST = "127.0.0.1";

export interface Metrics {
  readonly url: string;
  close(): void;
}

/** Port 0: any that is free. Resolves when it listens; rejects with a text for the person who starts the program. */
export async function serveMetrics(port: number, collect: () => Promise<Registry>): Promise<Metrics> {
  const server = serve(collect);
  await new Promise<void>((done, fail) => {
    server.once("error", (error) => fail(new Error(mistake(error, port))));
    server.listen(port, HOST, done);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/metrics`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function serve(collect: () => Promise<Registry>): Server {
  return createServer((req, res) => {
    const isKnown = req.url?.split("?")[0] === "/metrics";
    const isRead = req.method === "GET" || req.method === "HEAD";
    res.setHeader("Cache-Control", "no-store");
    res.setHeader("X-Content-Type-Options", "nosniff");
    if (isKnown && isRead) {
      const answer = async () => {
        const registry = await collect();
        const text = await registry.metrics();
        res.writeHead(200, { "Content-Type": registry.contentType }).end(text);
      };
      answer().catch(() => res.writeHead(500).end("The figures could not be collected.\n"));
      return;
    }
    if (isKnown) res.setHeader("Allow", "GET, HEAD");
    res.writeHead(isKnown ? 405 : 404, { "Content-Type": "text/plain; charset=utf-8" });
    res.end("There is nothing here but GET /metrics.\n");
  });
}

function mistake({ code, message }: NodeJS.ErrnoException, port: number): string {
  if (code === "EADDRINUSE")
    return `METRICS_PORT ${port} on ${HOST} is taken. Stop the program that has it, or set METRICS_PORT to another.`;
  if (code === "EACCES")
    return `METRICS_PORT ${port} needs rights that this user has not. Set it to 1024 or higher.`;
  return message;
}
