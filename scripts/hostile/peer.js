// A peer that asks on many connections, a third each as polls, as streams and as WebSockets, and is then stopped.
import { get, openMany } from "./sockets.js";

const [port, count] = process.argv.slice(2).map(Number);
const ASKED = [
  get("/poll?since=now&wait=45"),
  get("/events?since=now"),
  get(
    "/ws?since=now",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ),
];
let n = 0;
await openMany(port, count, (socket) => {
  socket.write(ASKED[n % ASKED.length]);
  n += 1;
  socket.resume();
});
process.stdout.write("asked\n");
// Until it is killed.
setInterval(() => {}, 60_000);
