/** POST /send in front of a peer's own requests, for those that have no such thing. */
import { append, cursorOf } from "./messages.js";

/**
 * @param {import("node:http").Server} server with the peer's listeners already on it
 * @param {(row: { room: string }) => void} publish
 */
export function sendsInto(server, publish) {
  const others = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (req, res) => {
    if (req.method === "POST" && req.url === "/send") receive(req, res, publish);
    else if (req.url === "/") res.writeHead(404).end();
    else for (const other of others) other.call(server, req, res);
  });
}

function receive(req, res, publish) {
  let text = "";
  req.setEncoding("utf8");
  req.on("data", (chunk) => {
    text += chunk;
  });
  req.on("end", () => {
    const row = append(JSON.parse(text));
    publish(row);
    const body = JSON.stringify({ ...row, next: cursorOf(row) });
    res.writeHead(201, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
    res.end(body);
  });
}
