/** A bare TCP connection: bytes out as they are, bytes in as text. */
import { connect } from "node:net";
import { expect } from "vitest";

export interface RawSocket {
  write(bytes: string | Buffer): void;
  /** Everything that came so far. */
  received(): string;
  /** Resolves when what came matches; rejects after 10 s with what came. */
  until(pattern: RegExp): Promise<void>;
  /** Resolves when the connection is gone, however it went. */
  readonly gone: Promise<void>;
  /** Ends with a FIN. */
  end(): void;
  /** Ends with a RST. */
  reset(): void;
}

export function openRaw(port: number): Promise<RawSocket> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const gone = new Promise<void>((done) => socket.once("close", () => done()));
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.once("error", reject);
    // After the connection is made, an error is one of the ways in which it goes.
    socket.on("error", () => {});
    socket.once("connect", () =>
      resolve({
        write: (bytes) => void socket.write(bytes),
        received: () => text,
        until: (pattern) => expect.poll(() => text, { timeout: 10_000, interval: 5 }).toMatch(pattern),
        gone,
        end: () => void socket.end(),
        reset: () => void socket.resetAndDestroy(),
      }),
    );
  });
}

export function rawGet(path: string, ...headers: string[]): string {
  return [`GET ${path} HTTP/1.1`, "Host: chat", ...headers, "", ""].join("\r\n");
}

/** A send whose body is still on its way: everything but its last byte. */
export function sendParts(fields: Readonly<Record<string, string>>): [head: string, last: string] {
  const body = new URLSearchParams(fields).toString();
  const head =
    "POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return [head + body.slice(0, -1), body.slice(-1)];
}
