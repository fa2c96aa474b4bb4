/** Cuts connections whose other end does not take what was written to it: answers that nobody reads must not fill our memory. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { bytesBehind } from "./pipelined.js";

const LOOK_MS = 1000;
/** As for streams: so long, and as long as a satellite link would take for what waits. */
const DRAIN_MS = 15_000;
const SLOWEST_BYTES_PER_S = 4096;
/** What waits for all of them together. Beyond it, those for whom most waits go first. */
const ALL_BYTES_MAX = 256 * 1024 * 1024;

interface Seen {
  /** What the system had taken of all that was written. */
  readonly takenBytes: number;
  readonly untilMs: number;
}

interface Waiting {
  readonly socket: Socket;
  readonly heldBytes: number;
}

/** Looks each second as long as the server lives. A cursor makes it harmless: whoever comes back goes on where it was. */
export function cutUnread(server: Server): void {
  const sockets = new Set<Socket>();
  const seen = new WeakMap<Socket, Seen>();
  server.on("connection", (socket: Socket) => {
    // Once more, when a request for an upgrade was put back.
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const looking = setInterval(look, LOOK_MS).unref();
  server.once("close", () => clearInterval(looking));

  function look(): void {
    const nowMs = performance.now();
    let allBytes = 0;
    const waiting: Waiting[] = [];
    for (const socket of sockets) {
      if (isStalled(socket, nowMs)) {
        socket.destroy();
        continue;
      }
      const heldBytes = socket.writableLength + bytesBehind(socket);
      if (heldBytes === 0) continue;
      allBytes += heldBytes;
      waiting.push({ socket, heldBytes });
    }
    if (allBytes > ALL_BYTES_MAX) cutMost(waiting, allBytes - ALL_BYTES_MAX);
  }

  function isStalled(socket: Socket, nowMs: number): boolean {
    const waitingBytes = socket.writableLength;
    if (waitingBytes === 0) {
      seen.delete(socket);
      return false;
    }
    const takenBytes = socket.bytesWritten - waitingBytes;
    const before = seen.get(socket);
    if (before && takenBytes <= before.takenBytes) return nowMs > before.untilMs;
    const untilMs = nowMs + DRAIN_MS + (waitingBytes * 1000) / SLOWEST_BYTES_PER_S;
    seen.set(socket, { takenBytes, untilMs });
    return false;
  }
}

function cutMost(waiting: readonly Waiting[], bytes: number): void {
  let left = bytes;
  for (const { socket, heldBytes } of [...waiting].sort((a, b) => b.heldBytes - a.heldBytes)) {
    if (left <= 0) return;
    left -= heldBytes;
    socket.destroy();
  }
}
