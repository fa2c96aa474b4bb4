/** Parkbench's wire format: a parked GET with a cursor. */
import { sendJson } from "./send.js";

/** With `sessions`, each client has a cookie and a key of its own, as a browser does that is signed in. */
export function poll({ port, waitS, sessions }) {
  const wait = waitS === undefined ? "" : `&wait=${waitS}`;
  let newest = "0";

  function request(client, since) {
    const room = client.room.name === "lobby" ? "" : `&room=${client.room.name}`;
    const key = sessions ? `&client=c${client.index}` : "";
    const cookie = sessions ? `Cookie: ${sessions[client.index]}\r\n` : "";
    return `GET /poll?since=${since}${room}${wait}${key} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${cookie}\r\n`;
  }

  /** Made once for each cursor where everybody in the room writes the same. */
  function next(client, since) {
    if (sessions) return { request: request(client, since), parks: true };
    const { room } = client;
    if (room.since !== since) {
      room.since = since;
      room.step = { request: request(client, since), parks: true };
    }
    return room.step;
  }

  return {
    isShared: true,
    first: (client) => next(client, newest),
    read(_client, { status, body }) {
      if (status !== 200) throw new Error(`A poll was answered with ${status}: ${body.slice(0, 200)}`);
      const { messages, next: since, reset } = JSON.parse(body);
      if (reset) throw new Error(`A poll was answered with a reset: ${body.slice(0, 200)}`);
      return { texts: messages.map((message) => message.text), since };
    },
    next,
    send: (room, text) => sendJson(port, room, text),
    sent({ body }) {
      newest = JSON.parse(body).next;
    },
  };
}
