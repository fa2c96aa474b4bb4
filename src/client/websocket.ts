/** A WebSocket that is read; sends go by POST, so that they are the same on every transport. */
import { parse } from "./json.js";
import type { Line } from "./line.js";
import { type Answer, isBatch } from "./message.js";

export function websocket(line: Line): () => void {
  var address = line.address("/ws", "");
  if (address.charAt(0) === "/") address = location.protocol + "//" + location.host + address;
  var socket = new window.WebSocket(address.replace(/^http/, "ws"));
  socket.onmessage = function (event) {
    var batch = parse(event.data) as Answer | null;
    if (isBatch(batch)) line.take(batch);
  };
  socket.onclose = function (event) {
    // 1012 or 1013: the server stops or is full, and has told everybody at the same moment.
    line.over(null, (event.code | 1) === 1013 ? 100 + Math.random() * 2000 : 0);
  };
  return function () {
    socket.onclose = null;
    socket.close();
  };
}
