/** The least that an honest node:http server does: park `res`, answer all with one buffer, keep nothing on disk. */
import { createServer } from "node:http";
import { append, batchOf, cursorOf, roomOf, rowsAfter } from "./messages.js";

/** Fewer are not looked through for those who have left. */
const LEFT_LOOKED_FOR_AT = 1024;

const server = createServer((req, res) => {
  const { method, url } = req;
  if (method === "GET" && url.startsWith("/poll?")) poll(url, res);
  else if (method === "POST" && url === "/send") receive(req, res);
  else res.writeHead(404).end();
});
server.keepAliveTimeout = 75_000;
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });

function poll(url, res) {
  const room = roomOf(valueIn(url, "room=") ?? "lobby");
  const since = Number.parseInt(valueIn(url, "since=") ?? "0", 10);
  if (room.last > since) answer(res, 200, textOf(batchOf(rowsAfter(room, since))));
  else park(room, res);
}

/** Nothing here is escaped, so nothing need be decoded. */
function valueIn(url, name) {
  const at = url.indexOf(name);
  if (at < 0) return null;
  const end = url.indexOf("&", at);
  return url.slice(at + name.length, end < 0 ? url.length : end);
}

/** Without a close listener for each: who has left is put out when the list has doubled, or with the next message. */
function park(room, res) {
  room.lookAt ??= LEFT_LOOKED_FOR_AT;
  if (room.waiting.push(res) < room.lookAt) return;
  room.waiting = room.waiting.filter(({ destroyed }) => !destroyed);
  room.lookAt = Math.max(LEFT_LOOKED_FOR_AT, room.waiting.length * 2);
}

function receive(req, res) {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    let row;
    try {
      row = append(JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    } catch {
      res.writeHead(400).end();
      return;
    }
    const room = roomOf(row.room);
    const woken = room.waiting;
    if (woken.length > 0) {
      room.waiting = [];
      const text = textOf(batchOf([row]));
      for (const waiting of woken) answer(waiting, 200, text);
    }
    answer(res, 201, textOf({ ...row, next: cursorOf(row) }));
  });
}

/** Body and the headers that go with it, made once for all who get it. */
function textOf(value) {
  const body = Buffer.from(JSON.stringify(value));
  const headers = [
    "Content-Type",
    "application/json; charset=utf-8",
    "Content-Length",
    String(body.length),
    "Cache-Control",
    "no-store",
  ];
  return { body, headers };
}

/** A string would be turned into bytes for each of them: a buffer came out cheaper, though node writes head and body in two pieces. */
function answer(res, status, { body, headers }) {
  res.writeHead(status, headers);
  res.end(body);
}
