/** A reader by one transport through a proxy: what has come, and how, while it is still open. */
import { request } from "node:http";
import { WebSocket } from "ws";

export interface Reader {
  /** The status that came in place of the transport, or null. */
  readonly refused: () => number | null;
  /** All that has come so far. */
  readonly text: () => string;
  readonly isOpen: () => boolean;
  close(): void;
}

/** A stream, by its path. */
export function readStream(url: string, path: string): Reader {
  let text = "";
  let status: number | null = null;
  let isOpen = true;
  const req = request(url + path, { agent: false }, (res) => {
    status = res.statusCode ?? 0;
    res.setEncoding("utf8");
    res.on("data", (chunk: string) => (text += chunk));
    res.on("error", () => {});
    res.on("close", () => (isOpen = false));
  });
  req.on("error", () => (isOpen = false));
  req.end();
  return {
    refused: () => (status === null || status === 200 ? null : status),
    text: () => text,
    isOpen: () => isOpen,
    close: () => void req.destroy(),
  };
}

export function readSocket(url: string, origin: string): Reader {
  let text = "";
  let refused: number | null = null;
  let isOpen = true;
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws?since=now`, { origin });
  socket.on("message", (data) => (text += data));
  socket.on("unexpected-response", (_req, res) => {
    refused = res.statusCode ?? 0;
    res.resume();
    socket.terminate();
  });
  socket.on("error", () => {});
  socket.on("close", () => (isOpen = false));
  return {
    refused: () => refused,
    text: () => text,
    isOpen: () => isOpen,
    close: () => socket.terminate(),
  };
}
