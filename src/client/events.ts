/** Server-sent events, by the browser's own EventSource, whose reconnecting is not used. */
import { parse } from "./json.js";
import type { Line } from "./line.js";
import { type Answer, isBatch, type Message } from "./message.js";

export function events(line: Line): () => void {
  var source = new window.EventSource(line.address("/events", "&typed=0"));
  source.onmessage = function (event) {
    var said = parse(event.data) as Answer | null;
    if (isBatch(said)) line.take(said);
    else if (said && said.id) line.take({ messages: [said as Message], next: event.lastEventId });
  };
  source.onerror = function () {
    line.over();
  };
  return function () {
    source.close();
  };
}
