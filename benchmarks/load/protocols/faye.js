/** faye over HTTP: Bayeux's handshake and subscription, then connects that are parked. */
import { sendJson } from "./send.js";

export function faye({ port }) {
  function post(message, parks) {
    const body = JSON.stringify([message]);
    const head = `POST /faye HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n`;
    return { request: `${head}Content-Length: ${body.length}\r\n\r\n${body}`, parks };
  }

  /** The client's memo: the poll that is asked again and again, and how far it has come. */
  function read(client, { status, body }) {
    if (status !== 200) throw new Error(`faye answered with ${status}: ${body.slice(0, 200)}`);
    const messages = JSON.parse(body);
    const failed = messages.find(({ successful }) => successful === false);
    if (failed) throw new Error(`faye refused: ${JSON.stringify(failed).slice(0, 200)}`);
    const { memo, room } = client;
    const [{ channel, clientId }] = messages;
    if (channel === "/meta/handshake") {
      const connect = { channel: "/meta/connect", clientId, connectionType: "long-polling" };
      const subscribe = post({ channel: "/meta/subscribe", clientId, subscription: `/${room.name}` }, false);
      client.memo = { poll: post(connect, true), step: subscribe };
    } else if (channel === "/meta/subscribe") memo.step = memo.poll;
    return {
      texts: messages.filter((message) => message.channel === `/${room.name}`).map(({ data }) => data.text),
      since: null,
    };
  }

  return {
    // An answer repeats the client's own id.
    isShared: false,
    first: () =>
      post({ channel: "/meta/handshake", version: "1.0", supportedConnectionTypes: ["long-polling"] }, false),
    read,
    next: ({ memo }) => memo.step,
    send: (room, text) => sendJson(port, room, text),
    sent() {},
  };
}
