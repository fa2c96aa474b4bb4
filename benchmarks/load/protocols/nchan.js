/** nchan: the cursor travels in the headers of a conditional GET. */
import { headerIn } from "../answers.js";

export function nchan({ port }) {
  const host = `Host: 127.0.0.1:${port}\r\n`;

  function next({ room }, since) {
    if (room.step === null || room.since !== since) {
      room.since = since;
      room.step = { request: `GET /sub?id=${room.name} HTTP/1.1\r\n${host}${since}\r\n`, parks: true };
    }
    return room.step;
  }

  return {
    isShared: true,
    first: (client) => next(client, client.room.newest ?? ""),
    read({ room }, { status, head, body }) {
      if (status !== 200) throw new Error(`nchan answered with ${status}: ${body.slice(0, 200)}`);
      const since = `If-None-Match: ${headerIn(head, "etag")}\r\nIf-Modified-Since: ${headerIn(head, "last-modified")}\r\n`;
      // Without a cursor a newcomer waits for what is sent next, so any reader's newest will do.
      room.newest = since;
      return { texts: [body], since };
    },
    next,
    send: (room, text) =>
      `POST /pub?id=${room} HTTP/1.1\r\n${host}Content-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    sent() {},
  };
}
