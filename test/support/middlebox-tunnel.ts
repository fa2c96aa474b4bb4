/** A request to upgrade through a middlebox, and what its faults make of the connection. */
import { createHash } from "node:crypto";
import { type IncomingMessage, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Inside } from "./middlebox.js";
import { exchange } from "./middlebox-exchange.js";

export async function tunnel(req: IncomingMessage, socket: Socket, head: Buffer, box: Inside): Promise<void> {
  const { faults } = box;
  if (faults.upgrade === "silent") {
    box.strike("upgrade");
    socket.resume();
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines(accepted(req))}\r\n`);
    return;
  }
  if (faults.upgrade === "plain") box.strike("upgrade");
  if (faults.upgrade === "plain" || faults.htmlStatus) {
    const res = new ServerResponse(req);
    res.assignSocket(socket);
    res.shouldKeepAlive = false;
    res.once("finish", () => socket.end());
    return exchange(req, res, box);
  }
  if (faults.delayMs) {
    box.strike("delayMs");
    await pause(faults.delayMs);
  }
  if (box.strikes("resets")) {
    socket.resetAndDestroy();
    return;
  }
  join(req, socket, head, box);
}

function join(req: IncomingMessage, socket: Socket, head: Buffer, box: Inside): void {
  const { cutMs, delayMs = 0 } = box.faults;
  box.counts.forwarded++;
  const upstream = connect(box.serverPort, "127.0.0.1");
  upstream.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines(req.rawHeaders)}\r\n`);
  upstream.write(head);
  const cutting =
    cutMs === undefined
      ? undefined
      : setTimeout(() => {
          box.strike("cutMs");
          socket.resetAndDestroy();
        }, cutMs);
  let losesNext = false;
  relay(socket, upstream, () => {
    losesNext ||= box.strikes("losesAnswers");
    return true;
  });
  relay(upstream, socket, () => {
    if (losesNext) socket.resetAndDestroy();
    return !losesNext;
  });
  socket.once("close", () => clearTimeout(cutting));

  function relay(from: Socket, to: Socket, mayPass: () => boolean): void {
    const write = (chunk: Buffer) => {
      if (!to.destroyed && mayPass()) to.write(chunk);
    };
    // Timers of one length keep the order.
    from.on("data", (chunk: Buffer) => (delayMs ? setTimeout(write, delayMs, chunk) : write(chunk)));
    from.once("end", () => setTimeout(() => to.end(), delayMs));
    from.on("error", () => {});
    from.once("close", () => setTimeout(() => to.destroy(), delayMs));
  }
}

function accepted(req: IncomingMessage): string[] {
  const key = `${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const proof = createHash("sha1").update(key).digest("base64");
  return ["Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Accept", proof];
}

function lines(raw: readonly string[]): string {
  return raw.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join("");
}
