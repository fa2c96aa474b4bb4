/** A WebSocket through a middlebox, and what it hears. */
import { WebSocket } from "ws";

/** What a WebSocket hears: its messages, or the status that it got instead, and its end. */
export function hear(url: string, send?: string): string[] {
  const heard: string[] = [];
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  socket.on("open", () => {
    heard.push("open");
    if (send) socket.send(send);
  });
  socket.on("message", (data) => heard.push(String(data)));
  socket.on("unexpected-response", (_req, res) => {
    heard.push(String(res.statusCode));
    res.resume();
  });
  socket.on("error", () => {});
  socket.on("close", () => heard.push("closed"));
  return heard;
}
