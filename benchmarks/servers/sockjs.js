/** sockjs: a client's first frame names its room; a message is written to each connection in it. */
import { createServer } from "node:http";
import sockjs from "sockjs";
import { sendsInto } from "./sends.js";

const rooms = new Map();
const echo = sockjs.createServer({ prefix: "/sock", log: () => {}, heartbeat_delay: 3_600_000 });
echo.on("connection", (connection) => {
  connection.once("data", (name) => {
    const room = rooms.get(name) ?? new Set();
    rooms.set(name, room.add(connection));
    connection.once("close", () => room.delete(connection));
  });
});

const server = createServer();
echo.installHandlers(server);
sendsInto(server, (row) => {
  const text = JSON.stringify(row);
  for (const connection of rooms.get(row.room) ?? []) connection.write(text);
});
server.keepAliveTimeout = 75_000;
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
