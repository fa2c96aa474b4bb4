/** A connection that asks for something and does not read the answer, until it is told to. */
import { connect } from "node:net";

export interface Stalled {
  /** Reads on: the last that came, and all of it. */
  read(): { readonly last: () => string; readonly all: () => string };
  write(bytes: Buffer): void;
  destroy(): void;
}

export function openStalled(port: number, text: string): Promise<Stalled> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", reject);
    socket.on("error", () => {});
    socket.pause();
    socket.once("connect", () => {
      socket.write(text);
      resolve({
        write: (bytes) => void socket.write(bytes),
        destroy: () => void socket.destroy(),
        read() {
          const chunks: Buffer[] = [];
          socket.on("data", (chunk: Buffer) => chunks.push(chunk));
          socket.resume();
          return {
            last: () => chunks.slice(-2).join(""),
            all: () => Buffer.concat(chunks).toString(),
          };
        },
      });
    });
  });
}
