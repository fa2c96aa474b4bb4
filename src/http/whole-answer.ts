/** An answer as the bytes that go over the wire, head and body in one buffer: one write, and one for many readers. */
import { STATUS_CODES } from "node:http";
import { JSON_TYPE, NEVER_CACHED } from "./answer.js";
import { KEEP_ALIVE_MS } from "./timeouts.js";

/** What a poll is answered with; its body is a WebSocket's frame, too. */
export class PollAnswer {
  readonly body: Buffer;
  #whole: Buffer | null = null;
  #date = "";

  constructor(body: Buffer) {
    this.body = body;
  }

  /** For a connection that is kept. Built once, and again when the second has changed that its Date names. */
  whole(): Buffer {
    const date = httpDate();
    if (this.#whole && this.#date === date) return this.#whole;
    this.#date = date;
    this.#whole = wholeAnswer(200, JSON_HEAD, this.body, "keep");
    return this.#whole;
  }
}

export type Head = Readonly<Record<string, string | number>>;

export const JSON_HEAD: Head = { ...NEVER_CACHED, "Content-Type": JSON_TYPE };

/** What is said of the connection, where node says it; `said`: the head has said it. */
type ConnectionSaid = "keep" | "close" | "said";

/** With the headers that node writes by itself (Date, Connection, Keep-Alive), byte for byte. */
export function wholeAnswer(status: number, head: Head, body: Buffer, connection: ConnectionSaid): Buffer {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const name in head) text += `${name}: ${head[name]}\r\n`;
  text += `Content-Length: ${body.length}\r\nDate: ${httpDate()}\r\n${SAID[connection]}\r\n`;
  const bytes = Buffer.allocUnsafeSlow(text.length + body.length);
  bytes.write(text, "latin1");
  body.copy(bytes, text.length);
  return bytes;
}

const SAID: Readonly<Record<ConnectionSaid, string>> = {
  keep: `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n`,
  close: "Connection: close\r\n",
  said: "",
};

let dateS = 0;
let date = "";

/** RFC 9110, section 5.6.7; said anew each second. */
function httpDate(): string {
  const nowS = Math.floor(Date.now() / 1000);
  if (nowS !== dateS) {
    dateS = nowS;
    date = new Date(nowS * 1000).toUTCString();
  }
  return date;
}
