/** Readers that do not take what was written: they are behind, and at no tail. */
import type { Socket } from "node:net";
import { say } from "./guest.js";
import { openStalled, type Stalled } from "./stalled.js";
import type { Standalone } from "./standalone.js";
import { until } from "./until.js";

/** More than a connection's buffers take, whatever the system has made them. */
const ROWS = 60;

/** Big rows behind the returned cursor. */
export async function fill({ url, db }: Standalone): Promise<number> {
  const from = await say(url, "Ana", "before the big ones");
  const insert = db.prepare("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Big', ?)");
  for (let i = 0; i < ROWS; i++) insert.run(`${i} `.padEnd(1 << 18, "z"));
  return from;
}

export interface Behind {
  /** The server's end of the connection. */
  readonly socket: Socket;
  readonly reader: Stalled;
}

/** `request` asks for many of the big rows at once. Resolves when its reader is behind. */
export async function openBehind({ server, port, chat }: Standalone, request: string): Promise<Behind> {
  const parkedBefore = chat.tail.parked;
  const connected = new Promise<Socket>((done) => server.once("connection", done));
  const reader = await openStalled(port, request);
  const socket = await connected;
  await until(() => socket.writableLength > 1 << 20 && chat.tail.parked === parkedBefore, "a reader behind");
  return { socket, reader };
}
