/** A WebSocket with everything that came over it, by the `ws` package. */
import { type ClientOptions, WebSocket } from "ws";
import { call, type PollBody } from "./http-client.js";
import { until } from "./until.js";

export interface SocketReader {
  readonly socket: WebSocket;
  /** The frames so far, as they came and parsed. */
  readonly raw: string[];
  // biome-ignore lint/suspicious/noExplicitAny: what came is looked at field by field
  readonly frames: any[];
  /** The rows of all batches so far, by their texts. */
  texts(): string[];
  /** Resolves when so many frames have come. */
  has(frames: number): Promise<void>;
  send(frame: object): void;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Resolves when the handshake is done; rejects with the status when it is refused. `url` is the chat's, `query` begins with a "?". */
export function openSocket(url: string, query = "", options: ClientOptions = {}): Promise<SocketReader> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws${query}`, options);
  const raw: string[] = [];
  const frames: unknown[] = [];
  socket.on("message", (data) => {
    raw.push(String(data));
    frames.push(JSON.parse(String(data)));
  });
  const closed = new Promise<{ code: number; reason: string }>((done) =>
    socket.on("close", (code, reason) => done({ code, reason: String(reason) })),
  );
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () =>
      resolve({
        socket,
        raw,
        frames,
        texts: () =>
          (frames as Partial<PollBody>[]).flatMap(({ messages }) => (messages ?? []).map(({ text }) => text)),
        has: (count) =>
          until(
            () => frames.length >= count,
            () => `${count} frames: ${JSON.stringify(raw)}`,
          ),
        send: (frame) => socket.send(JSON.stringify(frame)),
        closed,
      }),
    );
  });
}

/** The status and body with which a handshake is answered. */
export async function handshake(url: string, query = "", headers: Record<string, string> = {}) {
  const answer = await call(`${url}/ws${query}`, {
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
  });
  return answer;
}

/** The text of a handshake, for a bare connection. */
export function handshakeText(path: string, more = ""): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`
  );
}

/** A client's frame, masked with zeros. */
export function frameOf(opcode: number, content: string | Buffer, isLast = true): Buffer {
  const bytes = Buffer.from(content);
  const length =
    bytes.length < 126
      ? Buffer.from([0x80 | bytes.length])
      : Buffer.from([0x80 | 126, bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | opcode]), length, Buffer.alloc(4), bytes]);
}
