/** A server behind a middlebox that keeps what reached it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

export interface Origin {
  readonly port: number;
  /** The method, the address and the body of each request, in the order they came. */
  readonly seen: readonly string[];
  /** Answers that have not ended: those to /stream have begun, those to /never have not. */
  readonly open: readonly ServerResponse[];
  close(): void;
}

/** Its WebSocket, at /ws, says hello and echoes. */
export async function startOrigin(): Promise<Origin> {
  const seen: string[] = [];
  const open: ServerResponse[] = [];
  const server = createServer((req, res) => void answer(req, res));
  const sockets = new WebSocketServer({ server, path: "/ws" });
  sockets.on("connection", (socket) => {
    socket.on("message", (data) => socket.send(`echo ${data}`));
    socket.send("hello");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    open,
    close() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of req) body += chunk;
    seen.push(`${req.method} ${req.url}${body && ` ${body}`}`);
    res.setHeader("Cache-Control", "no-store");
    if (req.url?.startsWith("/stream")) {
      open.push(res);
      res.write("first\n");
    } else if (req.url?.startsWith("/never")) {
      open.push(res);
    } else if (req.url?.startsWith("/ws")) {
      res.writeHead(426).end("upgrade");
    } else {
      res.end(`answer ${seen.length}`);
    }
  }
}
