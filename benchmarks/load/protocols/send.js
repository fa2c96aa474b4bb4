/** A send as JSON, for every server that takes one at /send. */

export function sendJson(port, room, text) {
  const body = JSON.stringify(room === "lobby" ? { name: "Bench", text } : { room, name: "Bench", text });
  return (
    `POST /send HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}
