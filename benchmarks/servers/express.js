/** Express the obvious way: sessions in memory, JSON bodies parsed, `res.json` for everybody who waits. */
import express from "express";
import session from "express-session";
import { append, batchOf, cursorOf, roomOf, rowsAfter } from "./messages.js";

const app = express();
// As express-session's documentation recommends. Saving what has no content would make a session for every poll.
app.use(session({ secret: "not a secret, a benchmark", resave: false, saveUninitialized: false }));
app.use(express.json());

app.get("/poll", (req, res) => {
  const room = roomOf(req.query.room ?? "lobby");
  const since = Number.parseInt(req.query.since ?? "0", 10);
  if (room.last > since) {
    res.json(batchOf(rowsAfter(room, since)));
    return;
  }
  room.waiting.push(res);
  res.once("close", () => {
    if (!res.writableEnded) room.waiting = room.waiting.filter((other) => other !== res);
  });
});

app.post("/send", (req, res) => {
  const row = append(req.body);
  const room = roomOf(row.room);
  const woken = room.waiting;
  room.waiting = [];
  for (const waiting of woken) waiting.json(batchOf([row]));
  res.status(201).json({ ...row, next: cursorOf(row) });
});

const server = app.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
server.keepAliveTimeout = 75_000;
