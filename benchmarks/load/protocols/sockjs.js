/** sockjs over xhr: every answer is one frame, and the next POST to the same address is parked. */
import { sendJson } from "./send.js";

export function sockjs({ port }) {
  const head = (address) => `POST ${address} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;

  /** The client's memo: the poll that is asked again and again, and how far it has come. */
  function read({ memo }, { status, body }) {
    if (status !== 200 && status !== 204)
      throw new Error(`sockjs answered with ${status}: ${body.slice(0, 200)}`);
    if (!memo.isJoined) {
      if (body === "o\n") memo.step = memo.join;
      else if (status === 204) {
        memo.isJoined = true;
        memo.step = memo.poll;
      } else throw new Error(`Not let in: ${body.slice(0, 200)}`);
      return { texts: [], since: null };
    }
    if (body[0] === "h") return { texts: [], since: null };
    if (body[0] !== "a") throw new Error(`Not a frame of messages: ${body.slice(0, 200)}`);
    return { texts: JSON.parse(body.slice(1)).map((text) => JSON.parse(text).text), since: null };
  }

  return {
    isShared: true,
    first(client) {
      const address = `/sock/000/client${client.index}`;
      const frame = JSON.stringify([client.room.name]);
      const xhr = `${head(`${address}/xhr`)}Content-Length: 0\r\n\r\n`;
      const join = `${head(`${address}/xhr_send`)}Content-Type: text/plain\r\nContent-Length: ${frame.length}\r\n\r\n${frame}`;
      client.memo = {
        isJoined: false,
        poll: { request: xhr, parks: true },
        join: { request: join, parks: false },
        step: null,
      };
      return { request: xhr, parks: false };
    },
    read,
    next: ({ memo }) => memo.step,
    send: (room, text) => sendJson(port, room, text),
    sent() {},
  };
}
