/** A wire to a server that hears what a client says, piece by piece, and may cut it there. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

export interface CountingWire {
  readonly port: number;
  close(): Promise<void>;
}

/** `heard` gets each piece before the server does, which waits for it; false: all connections are reset instead. */
export async function startWire(
  serverPort: number,
  heard: (piece: string) => boolean | Promise<boolean>,
): Promise<CountingWire> {
  const sockets = new Set<Socket>();
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    const behind = connect(serverPort, "127.0.0.1");
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        behind.destroy();
      });
    }
    behind.pipe(client);
    client.on("data", async (piece) => {
      client.pause();
      if (!(await heard(piece.toString()))) return cut();
      behind.write(piece);
      client.resume();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      cut();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
