/** socket.io with long polling only; a client names its room in the handshake. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { sendsInto } from "./sends.js";

const server = createServer();
const io = new Server(server, {
  transports: ["polling"],
  // Its heartbeat would be a second request of every client in the middle of what is measured.
  pingInterval: 3_600_000,
  pingTimeout: 3_600_000,
});
io.on("connection", (socket) => socket.join(socket.handshake.query.room));
sendsInto(server, (row) => io.to(row.room).emit("message", row));
server.keepAliveTimeout = 75_000;
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
