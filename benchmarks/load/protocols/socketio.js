/** socket.io over HTTP polling alone: a handshake, then GETs that are parked; nothing is upgraded. */
import { sendJson } from "./send.js";

const PATH = "/socket.io/?EIO=4&transport=polling";
/** Between the packets of one answer. */
const SEPARATOR = "\x1e";

export function socketio({ port }) {
  const host = `Host: 127.0.0.1:${port}\r\n`;

  function get(address, parks) {
    return { request: `GET ${address} HTTP/1.1\r\n${host}\r\n`, parks };
  }

  function post(address, body) {
    const head = `POST ${address} HTTP/1.1\r\n${host}Content-Type: text/plain;charset=UTF-8\r\n`;
    return { request: `${head}Content-Length: ${body.length}\r\n\r\n${body}`, parks: false };
  }

  /** The client's memo: its session's address, the poll that is asked again and again, and how far it has come. */
  function read(client, { status, body }) {
    if (status !== 200) throw new Error(`socket.io answered with ${status}: ${body.slice(0, 200)}`);
    const { memo } = client;
    if (memo === null) {
      if (body[0] !== "0") throw new Error(`Not the opening of a session: ${body.slice(0, 200)}`);
      const address = `${PATH}&sid=${JSON.parse(body.slice(1)).sid}`;
      client.memo = { address, poll: get(address, true), step: post(address, "40"), isJoined: false };
      return { texts: [], since: null };
    }
    if (!memo.isJoined) {
      // First the answer to what was posted, then the poll that brings the confirmation.
      if (body === "ok") memo.step = get(memo.address, false);
      else if (body.startsWith("40")) {
        memo.isJoined = true;
        memo.step = memo.poll;
      } else throw new Error(`Not let in: ${body.slice(0, 200)}`);
      return { texts: [], since: null };
    }
    return { texts: body.split(SEPARATOR).map(textIn), since: null };
  }

  return {
    isShared: true,
    first: ({ room }) => get(`${PATH}&room=${room.name}`, false),
    read,
    next: ({ memo }) => memo.step,
    send: (room, text) => sendJson(port, room, text),
    sent() {},
  };
}

function textIn(packet) {
  if (!packet.startsWith('42["message",')) throw new Error(`Not a message: ${packet.slice(0, 200)}`);
  return JSON.parse(packet.slice(2))[1].text;
}
