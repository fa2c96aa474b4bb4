/** The transports whose rows are JSON: long poll, server-sent events, WebSocket. */
import { WebSocket } from "ws";
import type { PollBody } from "../support/http-client.js";
import { headersOf, type Line } from "./line.js";
import type { End, Journal, Place, Row, Transport } from "./reader.js";

const WIRE = { roomsMax: 50, leavesOut: true, tellsCursor: true };

export const poll: Transport = {
  ...WIRE,
  name: "poll",
  async leg(journal, place, line) {
    let text = "";
    await line.get(addressOf("poll", journal, place), headersOf(place), (chunk) => {
      text += chunk;
    });
    const body = JSON.parse(text) as PollBody;
    takeBatch(journal, body);
    return body.retry > 0 ? "goodbye" : "answered";
  },
};

export const events: Transport = {
  ...WIRE,
  name: "events",
  async leg(journal, place, line) {
    let rest = "";
    let isGoodbye = false;
    // The address is that of long ago, as a browser's EventSource keeps it: what it saw last is in the header.
    const address = addressOf("events", journal, place).replace(/since=[^&]*/, "since=0");
    const headers = { ...headersOf(place), "Last-Event-ID": journal.cursor };
    await line.get(address, headers, (chunk) => {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) isGoodbye = takeEvent(journal, block);
    });
    return isGoodbye ? "goodbye" : "cut";
  },
};

export const webSocket: Transport = {
  ...WIRE,
  name: "WebSocket",
  leg(journal, place, line) {
    const headers = {
      ...headersOf(place),
      ...(place.member && { "X-Parkbench-Token": place.member.token }),
    };
    const socket = new WebSocket(addressOf("ws", journal, place).replace(/^http/, "ws"), { headers });
    return frames(socket, journal, line);
  },
};

function frames(socket: WebSocket, journal: Journal, line: Line): Promise<End> {
  let reset = () => socket.terminate();
  socket.on("upgrade", ({ socket: wire }) => {
    reset = () => void wire.resetAndDestroy();
  });
  socket.on("open", () => line.isHeld && socket.pause());
  line.use({
    pause: () => socket.pause(),
    // Before it is open, ws would fail.
    resume: () => void (socket.readyState === socket.OPEN && socket.resume()),
    reset: () => reset(),
    close: () => socket.close(1000),
  });
  return new Promise((resolve, reject) => {
    let error: unknown = new Error("closed without a code");
    socket.on("error", (why) => {
      error = why;
    });
    socket.on("message", (frame) => takeBatch(journal, JSON.parse(String(frame)) as PollBody));
    socket.on("close", (code) => (code === 1006 ? reject(error) : resolve("goodbye")));
  });
}

function addressOf(path: string, { cursor, client }: Journal, { url, rooms, echo = true }: Place): string {
  const among = rooms.map((room) => `&room=${room}`).join("");
  return `${url}/${path}?since=${cursor}&client=${client}${among}${echo ? "" : "&echo=0"}`;
}

function takeBatch(journal: Journal, { messages, next, reset }: PollBody): void {
  if (reset) journal.reset();
  journal.take(messages.map(rowOf), next);
}

/** Takes one event, and tells whether it was nothing but the word when to come back. */
function takeEvent(journal: Journal, block: string): boolean {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const [, name = "", value = ""] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
    fields.set(name, value);
  }
  const id = fields.get("id");
  if (id === undefined) return fields.has("retry");
  const kind = fields.get("event");
  if (kind === "reset") journal.reset();
  const data = fields.get("data");
  const isRow = data !== undefined && kind !== "reset" && kind !== "hello";
  journal.take(isRow ? [rowOf(JSON.parse(data) as Row)] : [], id);
  return false;
}

function rowOf({ id, text }: Row): Row {
  return { id, text };
}
